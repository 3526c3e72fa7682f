// Runs the workgroups of a kernel one after another, on this thread. A workgroup's invocations are
// fibres. At a barrier, a fibre lets the next one run.

namespace metal {
struct Fibre {
  ucontext_t context;
  bool has_ended;
};
struct Workgroup {
  ucontext_t scheduler;
  std::vector<Fibre> fibres;
  uint index;
  std::function<void(uint)> invocation;
};
static thread_local Workgroup workgroup;

static constexpr size_t stack_size = 128 << 10;
static thread_local std::unique_ptr<char[]> stacks;

void threadgroup_barrier(mem_flags) {
  swapcontext(&workgroup.fibres[workgroup.index].context, &workgroup.scheduler);
}

static void fibre() {
  uint index = workgroup.index;
  workgroup.invocation(index);
  workgroup.fibres[index].has_ended = true;
}

// False if some invocations ended where others waited at a barrier.
static bool run_workgroup() {
  size_t at = 0;
  for (Fibre& fibre : workgroup.fibres) {
    fibre.has_ended = false;
    getcontext(&fibre.context);
    fibre.context.uc_stack.ss_sp = &stacks[stack_size * at++];
    fibre.context.uc_stack.ss_size = stack_size;
    fibre.context.uc_link = &workgroup.scheduler;
    makecontext(&fibre.context, metal::fibre, 0);
  }
  for (;;) {
    size_t ended = 0;
    for (workgroup.index = 0; workgroup.index < workgroup.fibres.size(); workgroup.index++) {
      Fibre& fibre = workgroup.fibres[workgroup.index];
      swapcontext(&workgroup.scheduler, &fibre.context);
      ended += fibre.has_ended;
    }
    if (ended > 0) return ended == workgroup.fibres.size();
  }
}

// Where a kernel's argument comes from: one of these, or the buffer of that number.
enum { GROUP = -1, INDEX = -2, SHARED = -3 };

// An argument of the kernel: its type, its place, and workgroup memory for it.
template <class A, size_t i> struct Argument {
  using Type = std::remove_cvref_t<A>;
  static inline thread_local Type shared;

  static Type& value(int from, uint3& group, uint& index, void* const* buffers) {
    switch (from) {
      case GROUP: return reinterpret_cast<Type&>(group);
      case INDEX: return reinterpret_cast<Type&>(index);
      case SHARED: return shared;
      default: return *static_cast<Type*>(buffers[from]);
    }
  }
};

// Runs `wide` x `high` workgroups of `width` invocations. False if a barrier was not for all.
template <class... A>
bool run_grid(void (*entry)(A...), const int (&from)[sizeof...(A)], void* const* buffers,
              uint width, uint wide, uint high) {
  workgroup.fibres.resize(width);
  stacks.reset(new char[width * stack_size]);
  return [&]<size_t... i>(std::index_sequence<i...>) {
    uint3 group = {};
    workgroup.invocation = [&](uint index) {
      entry(Argument<A, i>::value(from[i], group, index, buffers)...);
    };
    for (group.y = 0; group.y < high; group.y++) {
      for (group.x = 0; group.x < wide; group.x++) {
        // Metal does not clear it either.
        (memset(&Argument<A, i>::shared, 0xff, sizeof(Argument<A, i>::shared)), ...);
        if (!run_workgroup()) return false;
      }
    }
    return true;
  }(std::index_sequence_for<A...>());
}
} // namespace metal
