// mlx_convolve.hpp: MLX's convolve for C++17 and newer. Everything is inline: link the C library, nothing else.
//
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   #include <mlx_convolve.hpp>
//
//   std::vector<float> x = ..., taps = ...;
//   std::vector<float> y = mlxconv::convolve(x, taps, mlxconv::Mode::same);
//   mlxconv::convolve_into(x, taps, y, mlxconv::options().mode(mlxconv::Mode::same));
//
// mlx_convolve.h defines the sums, the modes, the error bounds, the threads and the statuses. This header adds types.
//
//
// Two ways to convolve
//
// - convolve and convolve_into on memory of the program: vectors, arrays, spans, pointers with a length, rows such as
//   interleaved channels. They compute before they return, on the CPU.
// - convolve on mlxconv::array, with a stream: the call queues the work and returns. On any device.
//
// Failures
//
// - A function f that can fail throws mlxconv::error, with a status and a message. Its twin try_f throws nothing and
//   returns result<T>, which holds a value or a status and a message. Without exceptions (-fno-exceptions) only the
//   twins are declared. RTTI is not needed.
// - If memory runs out, std::vector's included, the status is StatusCode::out_of_memory; array::try_borrow names the
//   only exception. Functions throw std::bad_alloc only if there is not even memory for the message. Without
//   exceptions, a std::vector that gets no memory ends the program; try_convolve_into allocates no vector.
// - A program may have files compiled with and without exceptions. Their types differ for the linker: between such
//   files, pass C handles.
// - Nothing leaks if an exception passes.
//
// Ownership and threads
//
// - array, stream and device own a C handle each. They are moved, not copied. What was moved from is empty, as what was
//   constructed without arguments: functions that take it fail with StatusCode::invalid_argument, accessors return 0.
// - adopt() takes a C handle over, get() shows it, release() gives it up. So both headers work in one program.
// - Any thread may call any function. One object must not be changed while another thread uses it.
// - Functions that do not name a failure and have no twin cannot fail.
// - What points into an object cannot be had from a temporary, which would be gone at the end of the statement:
//   array::shape, strides and values, result::message, and -> of a result. Name the object first.
//
// Names
//
// - Enumerations are CamelCase (Mode::same); all other names are lower-case, as in the standard library.

#ifndef MLX_CONVOLVE_HPP
#define MLX_CONVOLVE_HPP

#if __cplusplus < 201703L && !(defined(_MSVC_LANG) && _MSVC_LANG >= 201703L)
#error "mlx_convolve.hpp needs C++17; mlx_convolve.h needs C++98"
#endif

#include "mlx_convolve.h"

#include <complex>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>
#if __cplusplus >= 202002L && __has_include(<span>)
#include <span>  // declares std::ranges::enable_borrowed_range
#endif
#if defined(__STDCPP_FLOAT16_T__) || defined(__STDCPP_BFLOAT16_T__)
#include <stdfloat>
#endif

namespace mlxconv {

// Functions compiled without exceptions are not those compiled with them: a program may have files of both kinds.
#ifndef __cpp_exceptions
inline namespace no_exceptions {
#endif

// ---- Numbers with names ----

/// The outcome of a call. A newer library may return numbers that have no name here.
enum class StatusCode : mlx_status {
  success = MLX_STATUS_SUCCESS,                        ///< The call succeeded.
  invalid_argument = MLX_STATUS_INVALID_ARGUMENT,      ///< An argument is wrong, or does not fit the others.
  unsupported = MLX_STATUS_UNSUPPORTED,                ///< This device cannot do it.
  out_of_memory = MLX_STATUS_OUT_OF_MEMORY,            ///< Memory ran out.
  device_unavailable = MLX_STATUS_DEVICE_UNAVAILABLE,  ///< The device is not present.
  device_lost = MLX_STATUS_DEVICE_LOST,                ///< The device was lost, or the work was the parent's of a fork.
  internal = MLX_STATUS_INTERNAL                       ///< A bug in the library. Please report the message.
};

/// The status in words, such as "out of memory".
inline const char* to_string(StatusCode status) noexcept { return mlx_status_string(static_cast<mlx_status>(status)); }

/// The type of the elements of an array. element<T> tells which C++ type has which dtype.
enum class Dtype : mlx_dtype {
  boolean = MLX_BOOL,            ///< bool and bool8: one byte.
  uint8 = MLX_UINT8,             ///< Unsigned integers of 8 bits.
  uint16 = MLX_UINT16,           ///< Unsigned integers of 16 bits.
  uint32 = MLX_UINT32,           ///< Unsigned integers of 32 bits.
  uint64 = MLX_UINT64,           ///< Unsigned integers of 64 bits.
  int8 = MLX_INT8,               ///< Signed integers of 8 bits.
  int16 = MLX_INT16,             ///< Signed integers of 16 bits.
  int32 = MLX_INT32,             ///< Signed integers of 32 bits.
  int64 = MLX_INT64,             ///< Signed integers of 64 bits.
  float16 = MLX_FLOAT16,         ///< IEEE binary16.
  float32 = MLX_FLOAT32,         ///< float.
  float64 = MLX_FLOAT64,         ///< double.
  bfloat16 = MLX_BFLOAT16,       ///< The upper half of a float.
  complex64 = MLX_COMPLEX64,     ///< std::complex<float>.
  promoted = MLX_DTYPE_PROMOTED  ///< For options only: the dtype to which MLX's promotion leads.
};

/// The outputs to keep. N is the longer length and K the shorter.
enum class Mode : mlx_mode {
  full = MLX_MODE_FULL,    ///< N + K - 1 values: every output that reads at least one pair.
  valid = MLX_MODE_VALID,  ///< N - K + 1 values: the outputs that read the whole filter.
  same = MLX_MODE_SAME     ///< N values, from full[(K - 1) / 2], rounded down.
};

/// The error bound that outputs keep: see MLX_ACCURACY_COMPONENTWISE.
enum class Accuracy : mlx_accuracy {
  normwise = MLX_ACCURACY_NORMWISE,           ///< In relation to a block and the filter.
  componentwise = MLX_ACCURACY_COMPONENTWISE  ///< In relation to each output's own products.
};

/// How the first operand goes on beyond its ends: see mlx_boundary for pictures and for the names of others.
enum class Boundary : mlx_boundary {
  zero = MLX_BOUNDARY_ZERO,            ///< Zeros.
  edge = MLX_BOUNDARY_EDGE,            ///< The first and the last element, repeated.
  symmetric = MLX_BOUNDARY_SYMMETRIC,  ///< Mirrored, the elements at the ends included.
  reflect = MLX_BOUNDARY_REFLECT,      ///< Mirrored, the elements at the ends not repeated.
  wrap = MLX_BOUNDARY_WRAP             ///< A period of a periodic signal.
};

/// The sums.
enum class Operation : mlx_operation {
  convolve = MLX_OPERATION_CONVOLVE,   ///< The filter runs backwards.
  correlate = MLX_OPERATION_CORRELATE  ///< The filter runs forwards, and its conjugate is taken.
};

/// The treatment of numbers below the smallest normal one.
enum class Subnormals : mlx_subnormals {
  keep = MLX_SUBNORMALS_KEEP,   ///< Gradual underflow.
  flush = MLX_SUBNORMALS_FLUSH  ///< They count as zeros, and cost no time.
};

/// The kind of a device.
enum class DeviceType : mlx_device_type {
  cpu = MLX_CPU,  ///< The processor that the program runs on.
  gpu = MLX_GPU   ///< A graphics processor: see MLX_GPU.
};

// ---- Failures ----

/// A status that is not StatusCode::success, and its message. It allocates only where memory can be had.
class failure {
 public:
  /// `text` must live as long as the process.
  failure(StatusCode status, const char* text) noexcept : status_(status), text_(text) {}

  /// Copies `text`. Without memory for it, the message is that of the status.
  static failure with_copy(StatusCode status, const char* text) noexcept {
    failure made(status, mlxconv::to_string(status));
    const std::size_t bytes = std::strlen(text) + 1;
    made.copy_.reset(new (std::nothrow) char[bytes]);
    if (made.copy_) std::memcpy(made.copy_.get(), text, bytes);
    return made;
  }
  /// The last failure of the calling thread in the library, which returned `status`.
  static failure last(StatusCode status) noexcept { return with_copy(status, mlx_last_error()); }

  /// Copies the message, if there is memory for it.
  failure(const failure& from) noexcept : failure(from.status_, from.text_) {
    if (from.copy_) *this = with_copy(from.status_, from.copy_.get());
  }
  /// Leaves `from` with its status.
  failure(failure&& from) noexcept = default;
  /// Copies the message, if there is memory for it.
  failure& operator=(const failure& from) noexcept { return *this = failure(from); }
  /// Leaves `from` with its status.
  failure& operator=(failure&& from) noexcept = default;
  ~failure() = default;

  /// Never StatusCode::success.
  StatusCode status() const noexcept { return status_; }
  /// For people. It names the argument and the sizes. Lives as long as this object.
  const char* message() const& noexcept { return copy_ ? copy_.get() : text_; }
  /// The message would be gone at the end of the statement: name the failure.
  const char* message() const&& = delete;

 private:
  StatusCode status_;
  const char* text_;
  std::unique_ptr<char[]> copy_;
};

#ifdef __cpp_exceptions
/// What the functions without `try_` throw. what() is the message, for people.
class error : public std::runtime_error {
 public:
  /// May throw std::bad_alloc.
  error(StatusCode status, const char* message) : std::runtime_error(message), status_(status) {}
  /// Never StatusCode::success.
  StatusCode status() const noexcept { return status_; }

 private:
  StatusCode status_;
};
#endif

template <class T>
class result;
/// Success, or a failure.
template <>
class [[nodiscard]] result<void> {
 public:
  /// Success.
  result() noexcept = default;
  /// Holds the failure.
  result(failure why) noexcept : failure_(std::move(why)) {}

  /// Whether the call succeeded.
  bool has_value() const noexcept { return !failure_; }
  /// Whether the call succeeded.
  explicit operator bool() const noexcept { return has_value(); }
  /// The outcome.
  StatusCode status() const noexcept { return failure_ ? failure_->status() : StatusCode::success; }
  /// Empty after success. Lives as long as this object.
  const char* message() const& noexcept { return failure_ ? failure_->message() : ""; }
  /// The message would be gone at the end of the statement: name the result.
  const char* message() const&& = delete;
  /// The failure. There must be one.
  const failure& why() const& noexcept { return *failure_; }
  /// The failure, moved out to be returned as another result. There must be one.
  failure why() && noexcept { return std::move(*failure_); }
#ifdef __cpp_exceptions
  /// Throws error if the call failed.
  void value() const {
    if (failure_) throw error(failure_->status(), failure_->message());
  }
#endif

 private:
  std::optional<failure> failure_;
};

/// A value, or the failure that stands in its place: what the functions with `try_` return. It can be copied if T can.
/// What was moved from has an unspecified value.
template <class T>
class [[nodiscard]] result : private result<void> {
 public:
  /// Holds the value.
  result(T value) noexcept : value_(std::move(value)) {}
  /// Holds the failure.
  result(failure why) noexcept : result<void>(std::move(why)) {}

  using result<void>::has_value;
  using result<void>::operator bool;
  using result<void>::status;
  using result<void>::message;
  using result<void>::why;

  /// The value. There must be one.
  T& operator*() & noexcept { return *value_; }
  /// The value. There must be one.
  const T& operator*() const& noexcept { return *value_; }
  /// The value, moved out. There must be one.
  T operator*() && noexcept { return std::move(*value_); }
  /// A member of the value. There must be one.
  T* operator->() & noexcept { return &*value_; }
  /// A member of the value. There must be one.
  const T* operator->() const& noexcept { return &*value_; }
  /// The value would be gone at the end of the statement: name the result, or use value().
  const T* operator->() const&& = delete;
  /// The value, or `other` if there is none.
  T value_or(T other) const& { return value_ ? *value_ : std::move(other); }
  /// The value, moved out, or `other` if there is none.
  T value_or(T other) && noexcept { return value_ ? std::move(*value_) : std::move(other); }

#ifdef __cpp_exceptions
  /// The value. Throws error if there is none.
  T& value() & { return result<void>::value(), *value_; }
  /// The value. Throws error if there is none.
  const T& value() const& { return result<void>::value(), *value_; }
  /// The value, moved out. Throws error if there is none.
  T value() && { return result<void>::value(), std::move(*value_); }
#endif

 private:
  std::optional<T> value_;
};

// ---- Element types ----

/// IEEE binary16, as its bits.
struct float16 {
  std::uint16_t bits;  ///< Sign, 5 bits of exponent, 10 bits of fraction.
};

/// The upper half of a float, as its bits.
struct bfloat16 {
  std::uint16_t bits;  ///< Sign, 8 bits of exponent, 7 bits of fraction.
};

namespace detail {

template <class T, class... Types>
inline constexpr bool is_one_of = (std::is_same_v<T, Types> || ...);

}  // namespace detail

/// A bool in a byte. std::vector<bool8> stands for std::vector<bool>, which stores bits and has no pointer to bytes.
struct bool8 {
  std::uint8_t byte;  ///< 0 is false, and any other value is true. Results are 0 or 1.
  /// Indeterminate, as a bool.
  bool8() noexcept = default;
  /// 0 or 1, from a bool or an element of a std::vector<bool>; not from numbers and pointers.
  template <class T, class = std::enable_if_t<detail::is_one_of<T, bool, std::vector<bool>::reference,
                                                                std::vector<bool>::const_reference>>>
  constexpr bool8(T value) noexcept : byte(static_cast<bool>(value)) {}
  /// Whether the byte is not 0.
  constexpr operator bool() const noexcept { return byte != 0; }
};

namespace detail {

// Numbers, not characters: char counts, as small numbers are stored in it.
template <class T>
inline constexpr bool is_integer = std::is_integral_v<T> && sizeof(T) <= 8 &&
                                   !is_one_of<T, bool, wchar_t, char16_t, char32_t
#ifdef __cpp_char8_t
                                              ,
                                              char8_t
#endif
                                              >;

constexpr Dtype integer_dtype(std::size_t bytes, bool is_signed) noexcept {
  const Dtype of_8_bits = is_signed ? Dtype::int8 : Dtype::uint8;
  const mlx_dtype doublings = bytes == 1 ? 0 : bytes == 2 ? 1 : bytes == 4 ? 2 : 3;
  return static_cast<Dtype>(static_cast<mlx_dtype>(of_8_bits) + doublings);
}

}  // namespace detail

/// The number of bytes of an element of `dtype`; 0 for Dtype::promoted.
constexpr std::size_t size_of(Dtype dtype) noexcept {
  switch (dtype) {
    case Dtype::boolean:
    case Dtype::uint8:
    case Dtype::int8: return 1;
    case Dtype::uint16:
    case Dtype::int16:
    case Dtype::float16:
    case Dtype::bfloat16: return 2;
    case Dtype::uint32:
    case Dtype::int32:
    case Dtype::float32: return 4;
    case Dtype::uint64:
    case Dtype::int64:
    case Dtype::float64:
    case Dtype::complex64: return 8;
    case Dtype::promoted: break;
  }
  return 0;
}

/// The dtype of a C++ type. Types without `dtype` are no elements.
///
/// Every integer type has the dtype of its size and sign: char, long, long long and std::size_t included. For a type of
/// your own that holds the bits of a dtype, say
///
///     template <> struct mlxconv::element<my_half> { static constexpr auto dtype = mlxconv::Dtype::float16; };
template <class T, class = void>
struct element {};
/// Integers of 8 to 64 bits.
template <class T>
struct element<T, std::enable_if_t<detail::is_integer<T>>> {
  /// By size and sign.
  static constexpr Dtype dtype = detail::integer_dtype(sizeof(T), std::is_signed_v<T>);
};
/// One byte. Reading other bytes than 0 and 1 as bool is undefined in C++: bool8 reads them all.
template <>
struct element<bool> {
  static_assert(sizeof(bool) == 1, "bool is one byte on the platforms of the library");
  static constexpr Dtype dtype = Dtype::boolean;  ///< Dtype::boolean
};
/// bool8.
template <>
struct element<bool8> {
  static constexpr Dtype dtype = Dtype::boolean;  ///< Dtype::boolean
};
/// float.
template <>
struct element<float> {
  static constexpr Dtype dtype = Dtype::float32;  ///< Dtype::float32
};
/// double.
template <>
struct element<double> {
  static constexpr Dtype dtype = Dtype::float64;  ///< Dtype::float64
};
/// std::complex<float>.
template <>
struct element<std::complex<float>> {
  static constexpr Dtype dtype = Dtype::complex64;  ///< Dtype::complex64
};
/// mlx_complex64_t of the C header.
template <>
struct element<mlx_complex64_t> {
  static constexpr Dtype dtype = Dtype::complex64;  ///< Dtype::complex64
};
/// float16.
template <>
struct element<float16> {
  static constexpr Dtype dtype = Dtype::float16;  ///< Dtype::float16
};
/// bfloat16.
template <>
struct element<bfloat16> {
  static constexpr Dtype dtype = Dtype::bfloat16;  ///< Dtype::bfloat16
};
#ifdef __STDCPP_FLOAT16_T__
/// std::float16_t of C++23.
template <>
struct element<std::float16_t> {
  static constexpr Dtype dtype = Dtype::float16;  ///< Dtype::float16
};
#endif
#ifdef __STDCPP_BFLOAT16_T__
/// std::bfloat16_t of C++23.
template <>
struct element<std::bfloat16_t> {
  static constexpr Dtype dtype = Dtype::bfloat16;  ///< Dtype::bfloat16
};
#endif

namespace detail {

template <class T, class = void>
inline constexpr bool is_element = false;
template <class T>
inline constexpr bool is_element<T, std::void_t<decltype(element<T>::dtype)>> = true;

template <class T>
constexpr Dtype checked_dtype() noexcept {
  static_assert(!std::is_same_v<T, long double> && !is_one_of<T, std::complex<double>, std::complex<long double>>,
                "mlxconv: long double, std::complex<double> and std::complex<long double> have no dtype; "
                "the widest are double and std::complex<float>");
  static_assert(is_element<T>, "mlxconv: this type of elements has no dtype; see mlxconv::element");
  if constexpr (is_element<T>) {
    static_assert(std::is_trivially_copyable_v<T>, "mlxconv: elements are copied as bytes");
    static_assert(sizeof(T) == size_of(element<T>::dtype), "mlxconv: the type has not the size of its dtype");
    return element<T>::dtype;
  } else {
    return Dtype::promoted;
  }
}

}  // namespace detail

/// The dtype of T, `const` or not. Does not compile if T has none.
template <class T>
inline constexpr Dtype dtype_of = detail::checked_dtype<std::remove_cv_t<T>>();

/// The dtype to which MLX promotes two operands: the dtype in which they are convolved.
constexpr Dtype promoted(Dtype a, Dtype b) noexcept {
  const auto number = [](Dtype dtype) { return static_cast<mlx_dtype>(dtype); };
  const auto is_float = [](Dtype d) {
    return d == Dtype::float16 || d == Dtype::bfloat16 || d == Dtype::float32 || d == Dtype::float64;
  };
  const auto is_unsigned = [&](Dtype d) { return number(d) >= MLX_UINT8 && number(d) <= MLX_UINT64; };
  if (a == b || b == Dtype::boolean) return a;
  if (a == Dtype::boolean) return b;
  if (a == Dtype::complex64 || b == Dtype::complex64) return Dtype::complex64;
  if (is_float(a) && is_float(b)) {
    return a == Dtype::float64 || b == Dtype::float64 ? Dtype::float64 : Dtype::float32;  // also the two of 16 bits
  }
  if (is_float(a) || is_float(b)) return is_float(a) ? a : b;
  if (is_unsigned(a) == is_unsigned(b)) return number(a) > number(b) ? a : b;
  const Dtype u = is_unsigned(a) ? a : b, s = is_unsigned(a) ? b : a;
  if (u == Dtype::uint64) return Dtype::float32;
  const auto signed_next = static_cast<Dtype>(number(u) + (MLX_INT16 - MLX_UINT8));  // holds every value of u
  return number(s) > number(signed_next) ? s : signed_next;
}

namespace detail {

template <class T>
struct type {
  using name = T;
};

// The C++ type of results of a dtype that neither operand has.
template <Dtype D>
constexpr auto plain_type() noexcept {
  if constexpr (D == Dtype::int16) return type<std::int16_t>();
  if constexpr (D == Dtype::int32) return type<std::int32_t>();
  if constexpr (D == Dtype::int64) return type<std::int64_t>();
  if constexpr (D == Dtype::float32) return type<float>();
}

template <class A, class V>
constexpr auto result_type() noexcept {
  constexpr Dtype dtype = promoted(dtype_of<A>, dtype_of<V>);
  if constexpr (dtype == Dtype::boolean) {
    return type<bool8>();  // for vectors
  } else if constexpr (dtype_of<A> == dtype) {
    return type<A>();
  } else if constexpr (dtype_of<V> == dtype) {
    return type<V>();
  } else {
    return plain_type<dtype>();
  }
}

}  // namespace detail

/// The type of the results of convolving A with V: A or V if it has the promoted dtype, otherwise std::int16_t,
/// std::int32_t, std::int64_t or float. bool8 for two bools.
template <class A, class V>
using result_element = typename decltype(detail::result_type<std::remove_cv_t<A>, std::remove_cv_t<V>>())::name;

// ---- Options ----

/// The settings of a convolution. A setter changes nothing: it returns the options with one of them set.
///
///     constexpr auto smooth = mlxconv::options().mode(mlxconv::Mode::same).boundary(mlxconv::Boundary::edge);
///
/// mlx_convolve_with defines what each does. Numbers without a name fail with StatusCode::invalid_argument in the call
/// that takes the options.
class options {
  // Before its callers: clang has no constant expressions otherwise.
  template <class T>
  constexpr options with(T mlx_convolve_options::* field, T value) const noexcept {
    options changed = *this;
    changed.c_.*field = value;
    return changed;
  }

 public:
  /// The defaults: Mode::full, and zero or the first name of every other setting.
  constexpr options() noexcept = default;
  /// The defaults with a mode. Implicit: a function that takes options takes a mode, too.
  constexpr options(Mode mode) noexcept { c_.mode = static_cast<mlx_mode>(mode); }
  /// A number alone does not say what it is: for MLX_MODE_SAME write Mode::same, for another number Mode(number).
  options(mlx_mode) = delete;
  /// Those of the C struct.
  constexpr explicit options(const mlx_convolve_options& c) noexcept : c_(c) {}

  /// Which outputs to keep.
  [[nodiscard]] constexpr options mode(Mode value) const noexcept {
    return with(&mlx_convolve_options::mode, static_cast<mlx_mode>(value));
  }
  /// The dtype to compute in and of the result; both operands must promote to it. Functions on memory of the program
  /// have it from the type of the result: see convolve.
  [[nodiscard]] constexpr options dtype(Dtype value) const noexcept {
    return with(&mlx_convolve_options::dtype, static_cast<mlx_dtype>(value));
  }
  /// The error bound.
  [[nodiscard]] constexpr options accuracy(Accuracy value) const noexcept {
    return with(&mlx_convolve_options::accuracy, static_cast<mlx_accuracy>(value));
  }
  /// How the first operand goes on beyond its ends.
  [[nodiscard]] constexpr options boundary(Boundary value) const noexcept {
    return with(&mlx_convolve_options::boundary, static_cast<mlx_boundary>(value));
  }
  /// Convolution or correlation.
  [[nodiscard]] constexpr options operation(Operation value) const noexcept {
    return with(&mlx_convolve_options::operation, static_cast<mlx_operation>(value));
  }
  /// What happens to subnormal numbers.
  [[nodiscard]] constexpr options subnormals(Subnormals value) const noexcept {
    return with(&mlx_convolve_options::subnormals, static_cast<mlx_subnormals>(value));
  }
  /// The axis of arrays of several dimensions; negative from the end. Not used on memory of the program.
  [[nodiscard]] constexpr options axis(std::int32_t value) const noexcept {
    return with(&mlx_convolve_options::axis, value);
  }
  /// The outputs from `first` on, of those that the mode keeps: `count`, or all.
  [[nodiscard]] constexpr options range(std::size_t first, std::size_t count = SIZE_MAX) const noexcept {
    return with(&mlx_convolve_options::first, first).with(&mlx_convolve_options::count, count);
  }
  /// The C struct.
  constexpr const mlx_convolve_options& get() const noexcept { return c_; }

 private:
  mlx_convolve_options c_ = MLX_CONVOLVE_OPTIONS_INIT;
};

// ---- Memory of the program ----

class array;

/// Elements side by side in memory: a pointer and a length, as std::span of C++20. It owns nothing: the memory must
/// outlive it.
template <class T>
class view {
 public:
  /// The type of an element, without const.
  using value_type = std::remove_cv_t<T>;

  /// No elements.
  constexpr view() noexcept = default;
  /// `size` elements from `data` on.
  constexpr explicit view(T* data, std::size_t size) noexcept : data_(data), size_(size) {}
  /// The same elements, to be read only.
  template <class From, class = std::enable_if_t<std::is_same_v<const From, T> && !std::is_const_v<From>>>
  constexpr view(view<From> from) noexcept : view(from.data(), from.size()) {}

  /// The first element. NULL, or another pointer that must not be read, if there is none.
  constexpr T* data() const noexcept { return data_; }
  /// The number of elements.
  constexpr std::size_t size() const noexcept { return size_; }
  /// Whether there is no element.
  constexpr bool empty() const noexcept { return size_ == 0; }
  /// The first element.
  constexpr T* begin() const noexcept { return data_; }
  /// Behind the last element.
  constexpr T* end() const noexcept { return data_ + size_; }
  /// Element `i`, which must be below size().
  constexpr T& operator[](std::size_t i) const noexcept { return data_[i]; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Rows of elements where they lie in memory, such as the channels of interleaved samples: mlx_rows with a type. It
/// owns nothing: the memory must outlive it. One row alone, as an input, serves all rows of the other input.
template <class T>
struct rows {
  T* data;                ///< The first element of the first row.
  std::size_t count;      ///< The number of rows. No rows have no results, which is no failure.
  std::size_t len;        ///< The number of elements of a row.
  std::ptrdiff_t stride;  ///< From one element of a row to the next, in elements. Negative for reversed rows.
  std::ptrdiff_t step;    ///< From one row to the next, in elements.
};

/// One row: `len` elements, `stride` elements apart.
template <class T>
constexpr rows<T> strided(T* data, std::size_t len, std::ptrdiff_t stride) noexcept {
  return {data, 1, len, stride, 0};
}

/// `channels` rows of `frames` elements, those of a frame side by side: left, right, left, right. There must be one
/// channel or more.
template <class T>
constexpr rows<T> interleaved(T* data, std::size_t frames, std::size_t channels) noexcept {
  return {data, channels, frames, static_cast<std::ptrdiff_t>(channels), 1};
}

/// `count` rows of `len` elements, one row after another.
template <class T>
constexpr rows<T> consecutive(T* data, std::size_t count, std::size_t len) noexcept {
  return {data, count, len, 1, static_cast<std::ptrdiff_t>(len)};
}

namespace detail {

template <class T>
inline constexpr bool is_vector_of_bits = false;
template <class Allocator>
inline constexpr bool is_vector_of_bits<std::vector<bool, Allocator>> = true;

template <class T, class = void>
inline constexpr bool is_range = false;
template <class T>
inline constexpr bool
    is_range<T, std::void_t<decltype(*std::data(std::declval<T&>())), decltype(std::size(std::declval<T&>()))>> = true;

template <class T>
inline constexpr bool is_rows = false;
template <class T>
inline constexpr bool is_rows<rows<T>> = true;

template <class Range>
constexpr void check_range() noexcept {
  using plain = std::remove_cv_t<Range>;
  static_assert(!std::is_same_v<plain, array>,
                "mlxconv: an array is convolved with an array: mlxconv::array::copy makes one of a vector");
  static_assert(!is_vector_of_bits<plain>,
                "mlxconv: std::vector<bool> stores bits, not bytes; use std::vector<mlxconv::bool8>, bool[] or "
                "std::array<bool, N>");
  static_assert(!std::is_pointer_v<plain>, "mlxconv: a pointer needs a length behind it");
  // A string literal is an array of const char, as every input of that type is here.
  static_assert(!std::is_array_v<Range> || !std::is_same_v<std::remove_extent_t<Range>, const char>,
                "mlxconv: is this a string? Small numbers are std::int8_t or std::uint8_t, or a mlxconv::view");
  static_assert(is_vector_of_bits<plain> || is_one_of<plain, array> || std::is_pointer_v<plain> || is_range<Range>,
                "mlxconv: elements side by side are needed, with std::data and std::size: a std::vector, std::array, "
                "std::span, C array, mlxconv::view or mlxconv::rows");
}

// Every kind of input or output as rows. What is not usable has been refused by name: no second error about it.
template <class Range>
constexpr auto as_rows(Range& range) noexcept {
  using plain = std::remove_cv_t<Range>;
  if constexpr (is_rows<plain>) {
    return plain(range);
  } else {
    check_range<Range>();
    if constexpr (is_range<Range> && !is_vector_of_bits<plain>) {
      return mlxconv::strided(std::data(range), std::size(range), 1);
    } else {
      return rows<float>{};
    }
  }
}

template <class Range>
using element_of = std::remove_pointer_t<decltype(detail::as_rows(std::declval<Range&>()).data)>;

// The promoted type, or the one that was asked for.
template <class R, class A, class V>
struct result_or_promoted {
  using name = R;
};
template <class A, class V>
struct result_or_promoted<void, A, V> {
  using name = result_element<A, V>;
};
template <class R, class A, class V>
using chosen = typename result_or_promoted<R, A, V>::name;

// What {0.5f, 0.25f} is where a filter is wanted: elements of the type R of the results.
template <class R>
using filter_in_braces = std::initializer_list<std::remove_cv_t<R>>;

// R, or the type of the signal if R is void.
template <class R, class A>
using filter_of_signal = filter_in_braces<chosen<R, element_of<const A>, element_of<const A>>>;

// Integers and bools do not say what the filter is: its own elements do.
template <class R, class A>
using if_filter_decides = std::enable_if_t<std::is_void_v<R> && (dtype_of<element_of<const A>> < Dtype::float16)>;

template <class R, class A, class V>
constexpr void check_types() noexcept {
  static_assert(!std::is_volatile_v<R> && !std::is_volatile_v<A> && !std::is_volatile_v<V>,
                "mlxconv: volatile elements are neither read nor written");
  static_assert(!std::is_const_v<R>, "mlxconv: the results cannot be written, they are const");
  static_assert(promoted(dtype_of<A>, dtype_of<R>) == dtype_of<R> && promoted(dtype_of<V>, dtype_of<R>) == dtype_of<R>,
                "mlxconv: an operand does not promote to the type of the results: there is no narrowing");
}

template <class T>
constexpr mlx_rows c_rows(const rows<T>& from) noexcept {
  return {from.data, static_cast<mlx_dtype>(dtype_of<T>), from.len, from.stride, from.count == 1 ? 0 : from.step};
}

inline result<void> outcome(mlx_status status) noexcept {
  if (status == MLX_STATUS_SUCCESS) return {};
  return failure::last(static_cast<StatusCode>(status));
}

// `value`, which a call has written, or the failure of the call.
template <class T>
result<T> value_or_why(mlx_status status, T& value) noexcept {
  if (status == MLX_STATUS_SUCCESS) return std::move(value);
  return failure::last(static_cast<StatusCode>(status));
}

// Whether the mode alone differs from the defaults.
inline bool is_mode_only(const mlx_convolve_options& c) noexcept {
  const options defaults(static_cast<Mode>(c.mode));
  return std::memcmp(&c, &defaults.get(), sizeof c) == 0;  // the struct has no padding
}

// All that convolve and convolve_into do, without the types: `out_count` rows. The shorter ways of C have the same
// bits; for a few elements they take a thirtieth of the time.
inline result<void> convolve_rows(const mlx_rows& a, std::size_t a_count, const mlx_rows& v, std::size_t v_count,
                                  const mlx_rows_out& out, std::size_t out_count, const options& how) noexcept {
  if ((a_count != 1 && a_count != out_count) || (v_count != 1 && v_count != out_count)) {
    return failure(StatusCode::invalid_argument, "`a` and `v` must each have one row, or as many rows as `out`");
  }
  const mlx_convolve_options& c = how.get();
  const bool is_plain = out_count == 1 && a.stride == 1 && v.stride == 1 && out.stride == 1;
  const bool is_one_dtype = a.dtype == out.dtype && v.dtype == out.dtype &&
                            (c.dtype == MLX_DTYPE_PROMOTED || c.dtype == out.dtype);
  if (!is_plain || !is_one_dtype) {
    return outcome(mlx_convolve_rows(&a, &v, out_count, &c, &out));
  }
  if (!is_mode_only(c)) {
    return outcome(mlx_convolve_into_with(a.data, a.len, v.data, v.len, out.dtype, &c, out.data, out.len));
  }
  return outcome(mlx_convolve_into(a.data, a.len, v.data, v.len, out.dtype, c.mode, out.data, out.len));
}

// What `work` returns; a lack of memory in it as a failure.
template <class Work>
auto without_exceptions(Work work) noexcept -> decltype(work()) {
#ifdef __cpp_exceptions
  try {
    return work();
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {
  }
  return failure(StatusCode::out_of_memory, "out of memory for the result");
#else
  return work();
#endif
}

}  // namespace detail

// ---- Convolution on memory of the program ----

/// The number of results that convolving `a_len` with `v_len` elements has.
///
/// Fails as mlx_convolve_length_with does: a length of 0, lengths that do not fit the mode, a range outside.
inline result<std::size_t> try_length(std::size_t a_len, std::size_t v_len, const options& how = {}) noexcept {
  std::size_t len = 0;
  return detail::value_or_why(mlx_convolve_length_with(a_len, v_len, &how.get(), &len), len);
}

/// Convolves `a` with `v` into `out`, before it returns. Only workspace is allocated.
///
/// a, v  Elements side by side (a std::vector, std::array, std::span, C array, view), or rows. The types may differ, as
///       int16_t samples and float taps. One row alone serves all rows of the other input. `v` may be written in
///       braces, as {0.25, 0.5, 0.25}: elements of the type of `out`.
/// out   The same kinds, of a type to which both inputs promote, which is the type that is computed in. Its rows have
///       exactly the length that length() gives. Must not overlap an input. If it has rows, they are as many as the
///       inputs'.
/// how   A Mode, or options. options::dtype must be Dtype::promoted or the dtype of `out`.
///
/// Does not compile if a type has no dtype, if `out` is const, or if an input does not promote to its type. Fails as
/// mlx_convolve_rows does, and with StatusCode::invalid_argument if the numbers of rows do not fit. After
/// StatusCode::invalid_argument, `out` is unchanged.
template <class A, class Out, class V = detail::filter_in_braces<detail::element_of<Out>>>
result<void> try_convolve_into(const A& a, const V& v, Out&& out, const options& how = {}) noexcept {
  const auto from = detail::as_rows(a);
  const auto taps = detail::as_rows(v);
  const auto to = detail::as_rows(out);
  using R = detail::element_of<Out>;
  detail::check_types<R, detail::element_of<const A>, detail::element_of<const V>>();
  const mlx_rows_out c_out = {const_cast<std::remove_const_t<R>*>(to.data), static_cast<mlx_dtype>(dtype_of<R>), to.len,
                              to.stride, to.step};
  return detail::convolve_rows(detail::c_rows(from), from.count, detail::c_rows(taps), taps.count, c_out, to.count,
                               how);
}

/// try_convolve_into on pointers with a length each.
template <class A, class V, class R>
result<void> try_convolve_into(const A* a, std::size_t a_len, const V* v, std::size_t v_len, R* out,
                               std::size_t out_len, const options& how = {}) noexcept {
  return mlxconv::try_convolve_into(view<const A>(a, a_len), view<const V>(v, v_len), view<R>(out, out_len), how);
}

/// Convolves `a` with `v`, before it returns, and returns result<std::vector<R>>. R is the promoted type,
/// result_element, or the type that the call names, as in convolve<double>(x, taps).
///
/// The arguments are those of convolve_into. Of inputs with rows, the vector has the results row after row.
///
/// A filter in braces has the type of the results: the one that the call names, or that of a float or complex signal.
/// A signal of integers or bools leaves the type to the braces: {1, 2, 1} are int, {0.5f, 0.25f} are float.
///
/// Fails as convolve_into does, and with StatusCode::out_of_memory if the vector gets no memory.
template <class R = void, class A, class V = detail::filter_of_signal<R, A>>
auto try_convolve(const A& a, const V& v, const options& how = {}) noexcept {
  using chosen = detail::chosen<R, detail::element_of<const A>, detail::element_of<const V>>;
  using element = std::remove_cv_t<chosen>;
  static_assert(std::is_same_v<element, chosen>, "mlxconv: name the type of the results without const and volatile");
  static_assert(!std::is_same_v<element, bool>, "mlxconv: a vector of bools as bytes is std::vector<mlxconv::bool8>");
  // std::complex promises nothing, and does not throw.
  static_assert(std::is_nothrow_default_constructible_v<element> || std::is_same_v<element, std::complex<float>>,
                "mlxconv: a vector of results needs a default constructor that is noexcept; use convolve_into");
  using made = result<std::vector<element>>;
  return detail::without_exceptions([&]() -> made {
    const auto from = detail::as_rows(a);
    const auto taps = detail::as_rows(v);
    const std::size_t count = from.count == 1 ? taps.count : from.count;
    auto len = mlxconv::try_length(from.len, taps.len, how);
    if (!len) return std::move(len).why();
    if (count != 0 && *len > SIZE_MAX / count) {
      return failure(StatusCode::out_of_memory, "too many results for a vector");
    }
    std::vector<element> out(count * *len);
    auto done = mlxconv::try_convolve_into(from, taps, mlxconv::consecutive(out.data(), count, *len), how);
    if (!done) return std::move(done).why();
    return out;
  });
}
/// try_convolve of integers or bools with a filter in braces.
template <class R = void, class A, class V, class = detail::if_filter_decides<R, A>>
auto try_convolve(const A& a, std::initializer_list<V> v, const options& how = {}) noexcept {
  return mlxconv::try_convolve<R>(a, view<const V>(v.begin(), v.size()), how);
}

/// try_convolve on pointers with a length each.
template <class R = void, class A, class V>
auto try_convolve(const A* a, std::size_t a_len, const V* v, std::size_t v_len, const options& how = {}) noexcept {
  return mlxconv::try_convolve<R>(view<const A>(a, a_len), view<const V>(v, v_len), how);
}

#ifdef __cpp_exceptions
/// try_length that throws error.
inline std::size_t length(std::size_t a_len, std::size_t v_len, const options& how = {}) {
  return try_length(a_len, v_len, how).value();
}

/// try_convolve_into that throws error.
template <class A, class Out, class V = detail::filter_in_braces<detail::element_of<Out>>>
void convolve_into(const A& a, const V& v, Out&& out, const options& how = {}) {
  mlxconv::try_convolve_into(a, v, out, how).value();
}
/// try_convolve_into that throws error, on pointers with a length each.
template <class A, class V, class R>
void convolve_into(const A* a, std::size_t a_len, const V* v, std::size_t v_len, R* out, std::size_t out_len,
                   const options& how = {}) {
  mlxconv::try_convolve_into(a, a_len, v, v_len, out, out_len, how).value();
}

/// try_convolve that throws error.
template <class R = void, class A, class V = detail::filter_of_signal<R, A>>
[[nodiscard]] auto convolve(const A& a, const V& v, const options& how = {}) {
  return mlxconv::try_convolve<R>(a, v, how).value();
}
/// try_convolve of integers or bools with a filter in braces, that throws error.
template <class R = void, class A, class V, class = detail::if_filter_decides<R, A>>
[[nodiscard]] auto convolve(const A& a, std::initializer_list<V> v, const options& how = {}) {
  return mlxconv::try_convolve<R>(a, v, how).value();
}
/// try_convolve that throws error, on pointers with a length each.
template <class R = void, class A, class V>
[[nodiscard]] auto convolve(const A* a, std::size_t a_len, const V* v, std::size_t v_len, const options& how = {}) {
  return mlxconv::try_convolve<R>(a, a_len, v, v_len, how).value();
}
#endif

// ---- Handles ----

namespace detail {

/// Owns a C handle; Free is its _free function.
template <class C, mlx_status (*Free)(C)>
class handle {
 public:
  /// Empty.
  handle() noexcept = default;
  /// Takes a C handle over.
  explicit handle(C c) noexcept : c_(c) {}
  /// Leaves `from` empty.
  handle(handle&& from) noexcept : c_(from.release()) {}
  /// Frees its own handle, and leaves `from` empty. A move to itself changes nothing.
  handle& operator=(handle&& from) noexcept {
    // The order is right for a move to itself, too.
    const C c = from.release();
    Free(c_);
    c_ = c;
    return *this;
  }
  /// Frees the handle.
  ~handle() { Free(c_); }

  /// The C handle, which this object still owns.
  C get() const noexcept { return c_; }
  /// The C handle, which the caller owns now. This object is empty then.
  [[nodiscard]] C release() noexcept { return std::exchange(c_, C{nullptr}); }
  /// Whether there is a handle: false if constructed without arguments, moved from or released.
  explicit operator bool() const noexcept { return c_.ctx != nullptr; }

 private:
  C c_{nullptr};
};

}  // namespace detail

namespace detail {

using string = handle<mlx_string, mlx_string_free>;

// What a function of C writes to a string.
template <class Write>
result<std::string> text_of(Write write) noexcept {
  return without_exceptions([&]() -> result<std::string> {
    mlx_string c = mlx_string_new();
    const mlx_status status = write(&c);
    const string owner(c);
    if (status != MLX_STATUS_SUCCESS) return failure::last(static_cast<StatusCode>(status));
    return std::string(mlx_string_data(c));
  });
}

}  // namespace detail

/// A device: the processor, or a GPU. It need not be present.
class device : public detail::handle<mlx_device, mlx_device_free> {
 public:
  /// Empty.
  device() noexcept = default;
  /// Takes a C handle over.
  [[nodiscard]] static device adopt(mlx_device c) noexcept { return device(c); }

  /// The processor. Fails with StatusCode::out_of_memory.
  static result<device> try_cpu() noexcept { return try_new(MLX_CPU, 0); }
  /// The GPU of an index. It need not be present: see is_available. Fails with StatusCode::invalid_argument if `index`
  /// is negative, or with StatusCode::out_of_memory.
  static result<device> try_gpu(int index = 0) noexcept { return try_new(MLX_GPU, index); }
  /// The default device of the process. Fails with StatusCode::out_of_memory.
  static result<device> try_get_default() noexcept {
    mlx_device c = mlx_device_new();
    const mlx_status status = mlx_get_default_device(&c);
    device made(c);
    return detail::value_or_why(status, made);
  }
  /// How many devices of a kind there are. The first call for GPUs looks for them and may take some 0.1 s.
  static int count(DeviceType type) noexcept {
    int count = 0;
    mlx_device_count(&count, static_cast<mlx_device_type>(type));
    return count;
  }

  /// Makes it the default device of the process. Fails if it is empty or not available.
  result<void> try_make_default() const noexcept { return detail::outcome(mlx_set_default_device(get())); }
  /// Whether it can be used now. An empty one cannot.
  bool is_available() const noexcept {
    bool available = false;
    mlx_device_is_available(&available, get());
    return available;
  }
  /// Its kind. DeviceType::cpu if empty.
  DeviceType type() const noexcept {
    mlx_device_type type = MLX_CPU;
    mlx_device_get_type(&type, get());
    return static_cast<DeviceType>(type);
  }
  /// Its index among the devices of its kind. 0 if empty.
  int index() const noexcept {
    int index = 0;
    mlx_device_get_index(&index, get());
    return index;
  }
  /// A description such as "Device(cpu, 0)". Fails if it is empty, or with StatusCode::out_of_memory.
  result<std::string> try_to_string() const noexcept {
    return detail::text_of([&](mlx_string* text) { return mlx_device_tostring(text, get()); });
  }
  /// Whether both are the same device. An empty one is equal to none.
  friend bool operator==(const device& left, const device& right) noexcept {
    return left && right && mlx_device_equal(left.get(), right.get());
  }
  /// Whether they are not the same device.
  friend bool operator!=(const device& left, const device& right) noexcept { return !(left == right); }

#ifdef __cpp_exceptions
  /// try_cpu that throws error.
  static device cpu() { return try_cpu().value(); }
  /// try_gpu that throws error.
  static device gpu(int index = 0) { return try_gpu(index).value(); }
  /// try_get_default that throws error.
  static device get_default() { return try_get_default().value(); }
  /// try_make_default that throws error.
  void make_default() const { try_make_default().value(); }
  /// try_to_string that throws error.
  std::string to_string() const { return try_to_string().value(); }
#endif

 private:
  using handle::handle;

  static result<device> try_new(mlx_device_type type, int index) noexcept {
    const mlx_device c = mlx_device_new_type(type, index);
    if (c.ctx != nullptr) return adopt(c);
    return failure::last(index < 0 ? StatusCode::invalid_argument : StatusCode::out_of_memory);
  }
};

/// A queue of work on one device, which runs in order. Any thread may use it.
class stream : public detail::handle<mlx_stream, mlx_stream_free> {
 public:
  /// Empty.
  stream() noexcept = default;
  /// Takes a C handle over.
  [[nodiscard]] static stream adopt(mlx_stream c) noexcept { return stream(c); }

  /// A new stream on `where`. Fails if the device is empty or not available, or with StatusCode::out_of_memory.
  static result<stream> try_on(const device& where) noexcept {
    const mlx_stream c = mlx_stream_new_device(where.get());
    if (c.ctx != nullptr) return adopt(c);
    return failure::last(!where                 ? StatusCode::invalid_argument
                         : where.is_available() ? StatusCode::out_of_memory
                                                : StatusCode::device_unavailable);
  }
  /// The calling thread's default stream on `where`. Fails as mlx_get_default_stream does.
  static result<stream> try_get_default(const device& where) noexcept {
    mlx_stream c = mlx_stream_new();
    const mlx_status status = mlx_get_default_stream(&c, where.get());
    stream made(c);
    return detail::value_or_why(status, made);
  }
  /// The calling thread's default stream on the default device of the process.
  static result<stream> try_get_default() noexcept {
    auto where = device::try_get_default();
    if (!where) return std::move(where).why();
    return try_get_default(*where);
  }

  /// Blocks until all work queued so far is done. Fails as the first queued work that has failed since the last call,
  /// or if the stream is empty.
  result<void> try_synchronize() const noexcept { return detail::outcome(mlx_synchronize(get())); }
  /// Makes it the calling thread's default stream on its device. Fails as mlx_set_default_stream does.
  result<void> try_make_default() const noexcept { return detail::outcome(mlx_set_default_stream(get())); }
  /// Its device. Fails if the stream is empty, or with StatusCode::out_of_memory.
  result<mlxconv::device> try_device() const noexcept {
    mlx_device c = mlx_device_new();
    const mlx_status status = mlx_stream_get_device(&c, get());
    auto made = mlxconv::device::adopt(c);
    return detail::value_or_why(status, made);
  }
  /// Its index, which no other stream of the process has. 0 if empty.
  int index() const noexcept {
    int index = 0;
    mlx_stream_get_index(&index, get());
    return index;
  }
  /// A description such as "Stream(Device(cpu, 0), 1)". Fails if it is empty, or with StatusCode::out_of_memory.
  result<std::string> try_to_string() const noexcept {
    return detail::text_of([&](mlx_string* text) { return mlx_stream_tostring(text, get()); });
  }
  /// Whether both are the same stream. An empty one is equal to none.
  friend bool operator==(const stream& left, const stream& right) noexcept {
    return left && right && mlx_stream_equal(left.get(), right.get());
  }
  /// Whether they are not the same stream.
  friend bool operator!=(const stream& left, const stream& right) noexcept { return !(left == right); }

#ifdef __cpp_exceptions
  /// try_on that throws error.
  static stream on(const mlxconv::device& where) { return try_on(where).value(); }
  /// try_get_default that throws error.
  static stream get_default() { return try_get_default().value(); }
  /// try_get_default that throws error, on a device: stream::get_default(device::gpu()).
  static stream get_default(const mlxconv::device& where) { return try_get_default(where).value(); }
  /// try_synchronize that throws error.
  void synchronize() const { try_synchronize().value(); }
  /// try_make_default that throws error.
  void make_default() const { try_make_default().value(); }
  /// try_device that throws error.
  mlxconv::device device() const { return try_device().value(); }
  /// try_to_string that throws error.
  std::string to_string() const { return try_to_string().value(); }
#endif

 private:
  using handle::handle;
};

// ---- Arrays ----

namespace detail {

// An integer of any type. One that does not fit stands as -1.
template <class T>
struct number {
  template <class I, class = std::enable_if_t<detail::is_integer<I>>>
  constexpr number(I from) noexcept : value(static_cast<T>(from)) {
    if (static_cast<I>(value) == from && (value < 0) == (from < 0)) return;
    value = -1;
    if (from > 0) too_large = static_cast<unsigned long long>(from);
  }
  T value;
  unsigned long long too_large = 0;
};

}  // namespace detail

/// One number for each dimension of an array, as an argument: {2, 3}, or a range of integers side by side. Integers of
/// all types are taken.
template <class T>
class dimensions {
 public:
  /// One dimension.
  template <class I, class = std::enable_if_t<detail::is_integer<I>>>
  constexpr dimensions(I one) noexcept : dimensions({detail::number<T>(one)}) {}
  /// One number for each dimension; {} for none.
  constexpr dimensions(std::initializer_list<detail::number<T>> numbers) noexcept : dimensions(numbers, 0) {}
  /// One integer for each dimension, side by side.
  template <class Range, class Element = decltype(*std::data(std::declval<const Range&>())),
            class = std::enable_if_t<detail::is_integer<std::remove_cv_t<std::remove_reference_t<Element>>>>>
  constexpr dimensions(const Range& numbers) noexcept : dimensions(numbers, 0) {}

  /// The first number.
  constexpr const T* data() const noexcept { return numbers_; }
  /// The number of dimensions. 65 stands for more than 64, which the library refuses.
  constexpr int ndim() const noexcept { return count_; }
  /// Fails with StatusCode::invalid_argument if a number does not fit T.
  result<void> try_check() const noexcept {
    if (too_large_ == 0) return {};
    char text[128];
    std::snprintf(text, sizeof text, "the length or stride %llu of a dimension is above %lld", too_large_,
                  static_cast<long long>((std::numeric_limits<T>::max)()));
    return failure::with_copy(StatusCode::invalid_argument, text);
  }

 private:
  static constexpr int most = 64;
  template <class Range>
  constexpr dimensions(const Range& numbers, int) noexcept {
    for (const detail::number<T> each : numbers) {
      if (count_ == most + 1) break;
      numbers_[count_++] = each.value;
      if (too_large_ == 0) too_large_ = each.too_large;
    }
  }
  T numbers_[most + 1] = {};
  int count_ = 0;
  unsigned long long too_large_ = 0;
};
/// The sizes of the dimensions of an array, as an argument: a length, {2, 3}, or a range of integers.
using shape = dimensions<int>;
/// The distances between neighbours along each dimension, in elements, as an argument: {3, 1}, or a range of integers.
using strides = dimensions<std::int64_t>;

/// An array: elements of one dtype, in 0 to 64 dimensions, whose values never change.
class array : public detail::handle<mlx_array, mlx_array_free> {
 public:
  /// Empty.
  array() noexcept = default;
  /// Takes a C handle over.
  [[nodiscard]] static array adopt(mlx_array c) noexcept { return array(c); }

  /// An array of `sizes` with a copy of the elements from `data` on, the last dimension fastest.
  ///
  /// Fails as mlx_array_set_data does.
  template <class T>
  static result<array> try_copy(const T* data, const mlxconv::shape& sizes) noexcept {
    if (auto fits = sizes.try_check(); !fits) return std::move(fits).why();
    mlx_array c = mlx_array_new();
    const mlx_status status =
        mlx_array_set_data(&c, data, sizes.data(), sizes.ndim(), static_cast<mlx_dtype>(dtype_of<T>));
    array made(c);
    return detail::value_or_why(status, made);
  }
  /// An array of one dimension with a copy of a range: a std::vector, std::array, std::span, C array or view.
  template <class Range>
  static result<array> try_copy(const Range& range) noexcept {
    static_assert(!detail::is_rows<Range>, "mlxconv: copy the memory that has the rows, and use array::as_strided");
    const auto row = detail::as_rows(range);
    return try_copy(row.data, row.len);
  }
  /// An array that reads `data` in place. Nobody may write to the data before the last read.
  ///
  /// owner  Keeps the memory alive: it is destroyed once, after the last read, on any thread. A std::shared_ptr may
  ///        hold anything, and call a deleter of yours. What it destroys must not wait for values, must not throw, and
  ///        must not take a lock that is held around a call of the library (see mlx_array_new_data_managed_payload).
  ///        Without an owner the memory must outlive the array, its shares and views, and the queued work that reads
  ///        it.
  ///
  /// Fails with StatusCode::invalid_argument where mlx_array_new_data_managed_payload does, also if memory for the
  /// array itself runs out; with StatusCode::out_of_memory if it runs out for the owner. No share is kept then.
  template <class T, class Owner = const void>
  static result<array> try_borrow(const T* data, const mlxconv::shape& sizes,
                                  const std::shared_ptr<Owner>& owner = {}) noexcept {
    if (auto fits = sizes.try_check(); !fits) return std::move(fits).why();
    using held = std::shared_ptr<const void>;
    std::unique_ptr<held> payload;
    if (owner.use_count() != 0) {  // a share without a pointer may have a deleter
      payload.reset(new (std::nothrow) held(owner));
      if (!payload) return failure(StatusCode::out_of_memory, "out of memory for the owner of the data");
    }
    const auto drop = [](void* payload_of_array) { delete static_cast<held*>(payload_of_array); };
    const mlx_array c = mlx_array_new_data_managed_payload(const_cast<std::remove_const_t<T>*>(data), sizes.data(),
                                                           sizes.ndim(), static_cast<mlx_dtype>(dtype_of<T>),
                                                           payload.get(), payload ? +drop : nullptr);
    if (c.ctx == nullptr) return failure::last(StatusCode::invalid_argument);
    payload.release();
    return adopt(c);
  }

  /// Another handle of the same array. No values are copied. Fails if it is empty, or with StatusCode::out_of_memory.
  result<array> try_share() const noexcept {
    mlx_array c = mlx_array_new();
    const mlx_status status = mlx_array_set(&c, get());
    array made(c);
    return detail::value_or_why(status, made);
  }
  /// The elements `distances` apart along each dimension, from element `offset` on: see mlx_as_strided. `where` makes a
  /// copy if this array is not contiguous. Fails as mlx_as_strided does.
  result<array> try_as_strided(const mlxconv::shape& sizes, const mlxconv::strides& distances, std::size_t offset,
                               const stream& where) const noexcept {
    if (auto fits = sizes.try_check(); !fits) return std::move(fits).why();
    if (auto fits = distances.try_check(); !fits) return std::move(fits).why();
    mlx_array c = mlx_array_new();
    const mlx_status status =
        mlx_as_strided(&c, get(), sizes.data(), static_cast<std::size_t>(sizes.ndim()), distances.data(),
                       static_cast<std::size_t>(distances.ndim()), offset, where.get());
    array made(c);
    return detail::value_or_why(status, made);
  }
  /// The same on the calling thread's default stream.
  result<array> try_as_strided(const mlxconv::shape& sizes, const mlxconv::strides& distances,
                               std::size_t offset = 0) const noexcept {
    auto where = stream::try_get_default();
    if (!where) return std::move(where).why();
    return try_as_strided(sizes, distances, offset, *where);
  }

  /// The number of elements. 0 if empty, as all numbers below.
  std::size_t size() const noexcept { return *this ? mlx_array_size(get()) : 0; }
  /// The number of bytes of an element.
  std::size_t itemsize() const noexcept { return *this ? mlx_array_itemsize(get()) : 0; }
  /// The number of bytes of all elements.
  std::size_t nbytes() const noexcept { return *this ? mlx_array_nbytes(get()) : 0; }
  /// The number of dimensions.
  std::size_t ndim() const noexcept { return *this ? mlx_array_ndim(get()) : 0; }
  /// The dtype. Dtype::promoted if empty.
  Dtype dtype() const noexcept { return *this ? static_cast<Dtype>(mlx_array_dtype(get())) : Dtype::promoted; }
  /// The size of each dimension. Lives as long as this array.
  view<const int> shape() const& noexcept {
    return *this ? view<const int>(mlx_array_shape(get()), ndim()) : view<const int>();
  }
  /// The sizes would be gone at the end of the statement: name the array.
  view<const int> shape() const&& = delete;
  /// The distance between neighbours along each dimension, in elements. Lives as long as this array.
  view<const std::int64_t> strides() const& noexcept {
    return *this ? view<const std::int64_t>(mlx_array_strides(get()), ndim()) : view<const std::int64_t>();
  }
  /// The distances would be gone at the end of the statement: name the array.
  view<const std::int64_t> strides() const&& = delete;
  /// Whether the elements lie side by side, the last dimension fastest, as those of results do.
  bool is_contiguous() const noexcept {
    std::int64_t expected = 1;
    for (std::size_t i = ndim(); i-- > 0; expected *= shape()[i]) {
      if (shape()[i] != 1 && strides()[i] != expected) return size() == 0;
    }
    return true;
  }

  /// Blocks until the values are ready. Fails as mlx_array_eval does, with the failure of the work if it failed.
  result<void> try_eval() const noexcept { return detail::outcome(mlx_array_eval(get())); }
  /// Waits for the values and shows them where they are. They live as long as this array or one that shares them.
  ///
  /// Fails with StatusCode::invalid_argument if the array is empty, if its dtype is not that of T, or if
  /// is_contiguous() is false (to_vector has no such limit); or with the failure of the work.
  template <class T>
  result<view<const T>> try_values() const& noexcept {
    auto ready = try_first<T>();
    if (ready && !is_contiguous()) {
      return failure(StatusCode::invalid_argument, "the elements of the array do not lie side by side: use to_vector");
    }
    if (!ready) return std::move(ready).why();
    return view<const T>(*ready, size());
  }
  /// The values would be gone at the end of the statement: name the array, or use to_vector.
  template <class T>
  result<view<const T>> try_values() const&& = delete;
  /// Waits for the values and copies them, the last dimension fastest. Fails as try_values does, but takes any strides,
  /// and with StatusCode::out_of_memory.
  template <class T>
  result<std::vector<T>> try_to_vector() const noexcept {
    return detail::without_exceptions([&]() -> result<std::vector<T>> {
      auto ready = try_first<T>();
      if (!ready) return std::move(ready).why();
      const T* first = *ready;
      if (is_contiguous()) return std::vector<T>(first, first + size());
      std::vector<T> values;
      values.reserve(size());
      std::vector<int> at(ndim(), 0);
      for (std::ptrdiff_t place = 0; values.size() < size();) {
        values.push_back(first[place]);
        // Counts on, the last dimension fastest, and moves `place` along.
        for (std::size_t d = ndim(); d-- > 0;) {
          const auto stride = static_cast<std::ptrdiff_t>(strides()[d]);
          place += stride;
          if (++at[d] < shape()[d]) break;
          place -= stride * at[d];
          at[d] = 0;
        }
      }
      return values;
    });
  }
  /// Waits for the value of an array of one element. Fails as try_values does, and if there is not one element.
  template <class T>
  result<T> try_item() const noexcept {
    auto ready = try_first<T>();
    if (!ready) return std::move(ready).why();
    if (size() != 1) return failure(StatusCode::invalid_argument, "the array has not one element");
    return T(**ready);
  }
  /// The values and the dtype as text, as in "array([1, 2, 3], dtype=int32)": see mlx_array_tostring.
  result<std::string> try_to_string() const noexcept {
    return detail::text_of([&](mlx_string* text) { return mlx_array_tostring(text, get()); });
  }

#ifdef __cpp_exceptions
  /// try_copy that throws error.
  template <class T>
  static array copy(const T* data, const mlxconv::shape& sizes) {
    return try_copy(data, sizes).value();
  }
  /// try_copy that throws error, of a range.
  template <class Range>
  static array copy(const Range& range) {
    return try_copy(range).value();
  }
  /// try_borrow that throws error.
  template <class T, class Owner = const void>
  static array borrow(const T* data, const mlxconv::shape& sizes, const std::shared_ptr<Owner>& owner = {}) {
    return try_borrow(data, sizes, owner).value();
  }
  /// try_share that throws error.
  array share() const { return try_share().value(); }
  /// try_as_strided that throws error.
  array as_strided(const mlxconv::shape& sizes, const mlxconv::strides& distances, std::size_t offset,
                   const stream& where) const {
    return try_as_strided(sizes, distances, offset, where).value();
  }
  /// try_as_strided that throws error, on the calling thread's default stream.
  array as_strided(const mlxconv::shape& sizes, const mlxconv::strides& distances, std::size_t offset = 0) const {
    return try_as_strided(sizes, distances, offset).value();
  }
  /// try_eval that throws error.
  void eval() const { try_eval().value(); }
  /// try_values that throws error.
  template <class T>
  view<const T> values() const& {
    return try_values<T>().value();
  }
  /// The values would be gone at the end of the statement: name the array, or use to_vector.
  template <class T>
  view<const T> values() const&& = delete;
  /// try_to_vector that throws error.
  template <class T>
  std::vector<T> to_vector() const {
    return try_to_vector<T>().value();
  }
  /// try_item that throws error.
  template <class T>
  T item() const {
    return try_item<T>().value();
  }
  /// try_to_string that throws error.
  std::string to_string() const { return try_to_string().value(); }
#endif

 private:
  using handle::handle;

  // The first element, once the values are ready.
  template <class T>
  result<const T*> try_first() const noexcept {
    if (*this && dtype() != dtype_of<T>) {
      return failure(StatusCode::invalid_argument, "the dtype of the array is not that of the type asked for");
    }
    auto ready = try_eval();
    if (!ready) return std::move(ready).why();
    // One function for all dtypes: they differ in the type of the pointer alone.
    const void* first = mlx_array_data_uint8(get());
    if (first == nullptr) return failure::last(StatusCode::device_lost);
    return static_cast<const T*>(first);
  }
};

/// Convolves `a` with `v` on `where`: queues the work and returns. The values are ready after array::eval; what reads
/// them waits. Both inputs may be destroyed at once.
///
/// Fails as mlx_convolve_with does. Work that fails later is reported by what reads its result.
inline result<array> try_convolve(const array& a, const array& v, const options& how, const stream& where) noexcept {
  const mlx_array c_a = a.get(), c_v = v.get();
  mlx_array c = mlx_array_new();
  const mlx_status status = mlx_convolve_with(&c_a, &c_v, &how.get(), where.get(), &c);
  auto made = array::adopt(c);
  return detail::value_or_why(status, made);
}
/// The same on the calling thread's default stream.
inline result<array> try_convolve(const array& a, const array& v, const options& how = {}) noexcept {
  auto where = stream::try_get_default();
  if (!where) return std::move(where).why();
  return try_convolve(a, v, how, *where);
}

#ifdef __cpp_exceptions
/// try_convolve of arrays that throws error.
[[nodiscard]] inline array convolve(const array& a, const array& v, const options& how, const stream& where) {
  return try_convolve(a, v, how, where).value();
}
/// try_convolve of arrays that throws error, on the calling thread's default stream.
[[nodiscard]] inline array convolve(const array& a, const array& v, const options& how = {}) {
  return try_convolve(a, v, how).value();
}
#endif

// ---- The library ----

/// The version of the library that is running, such as "1.2.3".
inline const char* version() noexcept { return mlx_convolve_version(); }

/// How a convolution of these lengths is computed, as a text for people: see mlx_convolve_explain. `dtype` is that of
/// both operands. Fails as mlx_convolve_explain_with does, and with StatusCode::out_of_memory.
inline result<std::string> try_explain(std::size_t a_len, std::size_t v_len, Dtype dtype,
                                       const options& how = {}) noexcept {
  return detail::text_of([&](mlx_string* text) {
    return mlx_convolve_explain_with(a_len, v_len, static_cast<mlx_dtype>(dtype), &how.get(), text);
  });
}

/// How many threads may work on one convolution; 0 for the initial number. See mlx_set_num_threads. Fails with
/// StatusCode::invalid_argument if `n` is negative.
inline result<void> try_set_num_threads(int n) noexcept { return detail::outcome(mlx_set_num_threads(n)); }

#ifdef __cpp_exceptions
/// try_explain that throws error.
inline std::string explain(std::size_t a_len, std::size_t v_len, Dtype dtype, const options& how = {}) {
  return try_explain(a_len, v_len, dtype, how).value();
}
/// try_set_num_threads that throws error.
inline void set_num_threads(int n) { try_set_num_threads(n).value(); }
#endif

/// The number of bytes that the library holds now: see mlx_get_active_memory.
inline std::size_t active_memory() noexcept {
  std::size_t bytes = 0;
  mlx_get_active_memory(&bytes);
  return bytes;
}
/// The largest number of bytes held at once, since the start or since reset_peak_memory.
inline std::size_t peak_memory() noexcept {
  std::size_t bytes = 0;
  mlx_get_peak_memory(&bytes);
  return bytes;
}
/// Sets the peak to the bytes that are held now.
inline void reset_peak_memory() noexcept { mlx_reset_peak_memory(); }
/// The number of freed bytes that the library keeps for later calls.
inline std::size_t cache_memory() noexcept {
  std::size_t bytes = 0;
  mlx_get_cache_memory(&bytes);
  return bytes;
}
/// Sets how many bytes the cache may keep, and returns the previous limit: see mlx_set_cache_limit.
inline std::size_t set_cache_limit(std::size_t limit) noexcept {
  std::size_t previous = 0;
  mlx_set_cache_limit(&previous, limit);
  return previous;
}
/// Gives everything in the cache back to the system.
inline void clear_cache() noexcept { mlx_clear_cache(); }

#ifndef __cpp_exceptions
}  // namespace no_exceptions
#endif
}  // namespace mlxconv

#ifdef __cpp_lib_ranges
/// A view may be gone before its elements.
template <class T>
inline constexpr bool std::ranges::enable_borrowed_range<mlxconv::view<T>> = true;
#endif

#endif  // MLX_CONVOLVE_HPP
