#include "config/time_zone.h"

#include <algorithm>
#include <vector>

#include "pipeline/base/nearest.h"

namespace tidemark::config {
namespace {

constexpr size_t kMaxZoneBytes = 64;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsZonePart(char c) {
  return IsLetter(c) || (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-' || c == '/';
}

}  // namespace

bool IsTimeZoneName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxZoneBytes && IsLetter(name[0]) &&
         std::all_of(name.begin(), name.end(), IsZonePart);
}

std::string NearestTimeZone(std::string_view name) {
  static const std::vector<std::string> kKnown = {"UTC",
                                                  "Europe/Berlin",
                                                  "Europe/London",
                                                  "Europe/Paris",
                                                  "Europe/Madrid",
                                                  "Europe/Rome",
                                                  "Europe/Zurich",
                                                  "Europe/Vienna",
                                                  "Europe/Warsaw",
                                                  "Europe/Amsterdam",
                                                  "America/New_York",
                                                  "America/Chicago",
                                                  "America/Denver",
                                                  "America/Los_Angeles",
                                                  "America/Sao_Paulo",
                                                  "America/Toronto",
                                                  "Asia/Tokyo",
                                                  "Asia/Singapore",
                                                  "Asia/Kolkata",
                                                  "Asia/Shanghai",
                                                  "Asia/Dubai",
                                                  "Australia/Sydney",
                                                  "Africa/Johannesburg"};
  const std::string nearest = Nearest(name, kKnown);
  return nearest.empty() ? "" : "; nearest: " + nearest;
}

}  // namespace tidemark::config
