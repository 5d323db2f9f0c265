// A configuration for everybody's eyes.
#pragma once

#include <string>

#include "config/yaml.h"

namespace tidemark::config {

// The tree as JSON, scalars as texts as they were written: `${NAME}` and paths of `*_file` stay what they are, nothing of what they
// stand for is in it. What a key calls a secret (IsSecretProperty) is "<secret>", whatever its value is. Without comments.
std::string RedactedJson(const Node& root);

}  // namespace tidemark::config
