// What a client asked for in Accept and Accept-Encoding.
#pragma once

#include <string_view>

namespace tidemark {

enum class TextFormat { kPrometheus, kOpenMetrics };  // text 0.0.4, OpenMetrics 1.0.0

// The format of highest q; text on a tie, for no header and for types unknown here. Never fails: an odd header is text.
TextFormat NegotiateFormat(std::string_view accept);
// The exact Content-Type: Prometheus 3 refuses a scrape without a known one.
std::string_view ContentType(TextFormat format);
// gzip (or *) is listed with a q above 0.
bool AcceptsGzip(std::string_view accept_encoding);

}  // namespace tidemark
