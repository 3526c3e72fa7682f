// An array as text, the way MLX prints it.
#pragma once

#include <string>

struct Node;

std::string printed(const Node &node);
