// Names of time zones.
#pragma once

#include <string>
#include <string_view>

namespace tidemark::config {

// Whether `name` has the form of an IANA name: letters, digits, _ + - /, at most 64, starting with a letter.
bool IsTimeZoneName(std::string_view name);

// "; nearest: Europe/Berlin" for a well-known zone that `name` is close to, else "".
std::string NearestTimeZone(std::string_view name);

}  // namespace tidemark::config
