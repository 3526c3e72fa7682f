#include "text.h"

#include <cstdio>

#include "model.h"

// Of a longer dimension only so many are printed from either end.
constexpr int EDGE = 3;

// In all, only so many elements and empty rows.
constexpr int MOST = 1000;

static std::string number(double value) {
    char text[32];
    snprintf(text, sizeof text, "%g", value);
    return text;
}

static std::string printed_element(mlx_dtype dtype, const uint8_t *element) {
    switch (dtypes[dtype].kind) {
    case Kind::Bool: return *element ? "true" : "false";
    case Kind::Unsigned: return std::to_string(bits_of(dtype, element));
    case Kind::Signed: return std::to_string(int64_t(bits_of(dtype, element)));
    case Kind::Float: return number(real_of(dtype, element));
    default:
        double imaginary = imaginary_of(dtype, element);
        return number(real_of(dtype, element)) + (imaginary < 0 ? "-" : "+") +
               number(imaginary < 0 ? -imaginary : imaginary) + "j";
    }
}

// Dimension `dim`, from element `first` on.
static void print(const Node &node, size_t dim, size_t first, std::string &text, int &printed) {
    if (dim == node.shape.size()) {
        printed++;
        text += printed_element(node.dtype, node.element(first));
        return;
    }
    size_t below = 1;
    for (size_t inner = dim + 1; inner < node.shape.size(); inner++) {
        below *= size_t(node.shape[inner]);
    }
    int length = node.shape[dim];
    printed += length == 0;
    text += '[';
    for (int i = 0; i < length; i++) {
        if (i > 0) {
            text += dim + 1 == node.shape.size() ? ", " : ",\n" + std::string(7 + dim, ' ');
        }
        if (printed >= MOST) {
            text += "...";
            break;
        }
        if (i == EDGE && length > 2 * EDGE) {
            text += "...";
            i = length - EDGE - 1;
            continue;
        }
        print(node, dim + 1, first + size_t(i) * below, text, printed);
    }
    text += ']';
}

std::string printed(const Node &node) {
    std::string text = "array(";
    int printed = 0;
    print(node, 0, 0, text, printed);
    return text + ", dtype=" + dtypes[node.dtype].name + ")";
}
