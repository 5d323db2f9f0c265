// Instants as the wall clock of a time zone shows them, for people.
#pragma once

#include <string>

#include "pipeline/base/time.h"

namespace tidemark {

// To the minute: "2026-11-28 18:00". REQUIRES: a time zone that a Calendar was made with. Reads tzdata the first time.
std::string LocalTime(EventTime t, const std::string& time_zone);

}  // namespace tidemark
