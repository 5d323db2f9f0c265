#include "daemon/negotiation.h"

#include <charconv>

namespace tidemark {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Cuts the part before `separator` off *rest.
std::string_view NextPart(std::string_view* rest, char separator) {
  const size_t end = rest->find(separator);
  const std::string_view part = rest->substr(0, end);
  rest->remove_prefix(end == std::string_view::npos ? rest->size() : end + 1);
  return Trim(part);
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    const char lower = a[i] >= 'A' && a[i] <= 'Z' ? static_cast<char>(a[i] - 'A' + 'a') : a[i];
    if (lower != b[i]) return false;
  }
  return true;
}

// One element of the list: its name, its q (1 when absent, 0 when unreadable) and its version parameter.
struct Offer {
  std::string_view name, version;
  double q = 1;
};

Offer ParseOffer(std::string_view element) {
  Offer offer;
  offer.name = NextPart(&element, ';');
  while (!element.empty()) {
    std::string_view value = NextPart(&element, ';');
    const std::string_view key = NextPart(&value, '=');
    if (EqualsIgnoringCase(key, "q")) {
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), offer.q);
      if (error != std::errc() || !(offer.q >= 0 && offer.q <= 1)) offer.q = 0;
    } else if (EqualsIgnoringCase(key, "version")) {
      offer.version = value;
    }
  }
  return offer;
}

}  // namespace

TextFormat NegotiateFormat(std::string_view accept) {
  double text = 0, open_metrics = 0;
  while (!accept.empty()) {
    const Offer offer = ParseOffer(NextPart(&accept, ','));
    if (EqualsIgnoringCase(offer.name, "application/openmetrics-text")) {
      const bool known = offer.version.empty() || offer.version == "1.0.0" || offer.version == "0.0.1";
      if (known && offer.q > open_metrics) open_metrics = offer.q;
    } else if (EqualsIgnoringCase(offer.name, "text/plain") && offer.q > text) {
      text = offer.q;
    }
  }
  return open_metrics > text ? TextFormat::kOpenMetrics : TextFormat::kPrometheus;
}

std::string_view ContentType(TextFormat format) {
  return format == TextFormat::kOpenMetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                            : "text/plain; version=0.0.4; charset=utf-8";
}

bool AcceptsGzip(std::string_view accept_encoding) {
  bool any = false;
  while (!accept_encoding.empty()) {
    const Offer offer = ParseOffer(NextPart(&accept_encoding, ','));
    if (EqualsIgnoringCase(offer.name, "gzip")) return offer.q > 0;
    any |= offer.name == "*" && offer.q > 0;
  }
  return any;
}

}  // namespace tidemark
