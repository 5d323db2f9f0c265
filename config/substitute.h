// Values from outside the file: ${NAME} from the environment, secrets from *_file. Neither is ever shown in a message.
#pragma once

#include <optional>
#include <string>

#include "config/reader.h"

namespace tidemark::config {

// A scalar with `${NAME}` and `${NAME:-default}` replaced from the environment and `$$` by a dollar. An unset or empty
// variable takes the default; without one it is a mistake. Nothing after a mistake.
std::optional<std::string> Expand(const Value& value);

// The content of the file that the scalar names, less one trailing newline; at most 64 KiB. Nothing after a mistake. The file is
// added to *files either way, if it has a name.
std::optional<std::string> ReadSecretFile(const Value& value, std::vector<ReadFile>* files);

}  // namespace tidemark::config
