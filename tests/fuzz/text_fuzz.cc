// Small texts that people write: durations, times, decimals, addresses, headers, names of series. The first byte says
// which. What is written back reads the same.
#include <charconv>

#include "config/expectation.h"
#include "daemon/api_query.h"
#include "daemon/http.h"
#include "daemon/negotiation.h"
#include "pipeline/base/decimal.h"
#include "pipeline/base/time.h"
#include "pipeline/event/utf8.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace tidemark;
using testing::Expect;

void TryDuration(std::string_view text) {
  const Result<Duration> read = ParseDuration(text);
  if (!read.ok()) return;
  const Result<Duration> again = ParseDuration(FormatDuration(*read));
  Expect(again.ok() && *again == *read && read->count() >= 0, [&] { return "duration " + FormatDuration(*read); });
}

void TryTime(std::string_view text) {
  const Result<EventTime> read = ParseRfc3339(text);
  if (!read.ok()) return;
  const Result<EventTime> again = ParseRfc3339(FormatRfc3339(*read));
  Expect(again.ok() && *again == *read, [&] { return "time " + FormatRfc3339(*read); });
}

void TryDecimals(std::string_view text) {
  const size_t comma = text.find(',');
  const Result<Decimal> a = ParseDecimal(text.substr(0, comma));
  if (!a.ok()) return;
  const Result<Decimal> again = ParseDecimal(ToString(*a));
  Expect(again.ok() && Compare(*again, *a) == 0, [&] { return "decimal " + ToString(*a); });
  if (comma == std::string_view::npos) return;
  const Result<Decimal> b = ParseDecimal(text.substr(comma + 1));
  if (!b.ok()) return;
  const auto expect = [&](bool holds, const char* what) {
    Expect(holds, [&] { return ToString(*a) + " and " + ToString(*b) + " " + what; });
  };
  const int order = Compare(*a, *b);
  expect(Compare(*b, *a) == -order, "compared either way");
  if (order != 0) expect(order < 0 ? ToDouble(*a) <= ToDouble(*b) : ToDouble(*a) >= ToDouble(*b), "as doubles");
  if (const auto sum = Add(*a, *b)) {
    const auto back = Subtract(*sum, *b);
    expect(back && Compare(*back, *a) == 0, "added and subtracted");
    const auto other = Add(*b, *a);
    expect(other && Compare(*other, *sum) == 0, "added either way");
  }
  if (const auto difference = Subtract(*a, *b)) {
    const int sign = difference->mantissa < 0 ? -1 : difference->mantissa > 0 ? 1 : 0;
    expect(sign == order, "subtracted");
  }
  const auto product = Multiply(*a, *b), other = Multiply(*b, *a);
  expect(product.has_value() == other.has_value() && (!product || Compare(*product, *other) == 0), "multiplied either way");
}

void TryAddress(std::string_view text) {
  const Result<HostPort> read = ParseListenAddress(text);
  if (!read.ok()) return;
  int port = -1;
  std::from_chars(read->port.data(), read->port.data() + read->port.size(), port);
  Expect(port >= 0 && port <= 65535, [&] { return "port " + read->port; });
}

void TrySeries(std::string_view text) {
  size_t at = 0;
  const Result<Expectation> read = ParseExpectation(text, &at);
  Expect(at <= text.size(), "a place inside the line");
  if (read.ok() && read->kind != Expectation::Kind::kAbsent) read->MetBy("12.5");
}

// Code points in shortest form, no surrogates: by the definition, byte by byte.
bool IsUtf8ByDefinition(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const auto byte = [&](size_t n) { return n < text.size() ? static_cast<uint8_t>(text[n]) : 0u; };
    const unsigned lead = byte(at);
    const size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if ((lead >= 0x80 && lead < 0xc0) || lead >= 0xf8) return false;
    uint32_t point = length == 1 ? lead : lead & (0x7fu >> length);
    for (size_t n = 1; n < length; ++n) {
      if ((byte(at + n) & 0xc0) != 0x80) return false;
      point = point << 6 | (byte(at + n) & 0x3f);
    }
    constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kLeast[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
    at += length;
  }
  return true;
}

void TryUtf8(std::string_view text) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  Expect(event::IsUtf8(bytes, bytes + text.size()) == IsUtf8ByDefinition(text), "UTF-8");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  testing::Bytes bytes(data, size);
  const char kind = testing::OneOf("dtnasuh", bytes.Byte());
  const std::string_view text = bytes.Rest();
  switch (kind) {
    case 'd': TryDuration(text); break;
    case 't': TryTime(text); break;
    case 'n': TryDecimals(text); break;
    case 'a': TryAddress(text); break;
    case 's': TrySeries(text); break;
    case 'u': TryUtf8(text); break;
    case 'h':
      NegotiateFormat(text);
      AcceptsGzip(text);
      break;
    default: break;
  }
  return 0;
}
