// An array as text, the way MLX prints it.
#pragma once

#include <string>

struct Node;

// How many elements, or brackets around none, the text has.
double printed_elements(const Node &node);
std::string printed(const Node &node);
