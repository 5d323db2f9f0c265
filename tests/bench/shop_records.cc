#include "tests/bench/shop_records.h"

#include <bit>
#include <vector>

#include "pipeline/base/decimal.h"
#include "pipeline/base/time.h"

namespace tidemark {
namespace {

struct Property {
  const char* name;
  std::string value;
};

struct Call {
  std::string id, event;
  int64_t time_micros = 0;
  std::vector<Property> properties;  // all of them texts, but of an order `revenue` and `tax`
  std::optional<int64_t> revenue_micros;
  std::string padding;
};

constexpr double kTax = 1.5;

Call CallOf(const events::v1::Event& event, int64_t time_micros) {
  Call call;
  call.id = event.id();
  call.time_micros = time_micros;
  if (event.has_lead_created()) {
    const auto& lead = event.lead_created().lead();
    call.event = "Lead Created";
    call.properties = {{"id", lead.id()}, {"channel", lead.channel()}, {"region", "emea"}, {"campaign", "campaign-17"}, {"source", "google"}, {"landing_page", "/pricing"},
                       {"owner", "rep-7"}, {"team", "north"}, {"segment", "smb"}, {"product", "p-1"}};
  } else {
    const auto& order = event.order_paid().order();
    call.event = "Order Completed";
    call.properties = {{"order_id", order.id()}, {"lead", order.lead()}, {"customer", order.customer()}, {"channel", order.channel()}, {"region", "emea"},
                       {"currency", "USD"}, {"coupon", "HELLO"}, {"status", "paid"}};
    call.revenue_micros = order.amount_micros();
  }
  return call;
}

std::string Json(const Call& call) {
  std::string text = R"({"messageId":")" + call.id + R"(","type":"track","timestamp":")" + FormatRfc3339(EventTimeFromMicros(call.time_micros)) + R"(","event":")" + call.event + R"(","properties":{)";
  for (size_t p = 0; p < call.properties.size(); ++p) text += (p == 0 ? "\"" : ",\"") + std::string(call.properties[p].name) + "\":\"" + call.properties[p].value + "\"";
  if (call.revenue_micros) text += ",\"revenue\":" + ToString(Decimal{*call.revenue_micros, 6}) + ",\"tax\":1.5";
  return text + R"(},"context":{"library":{"name":"analytics.js"},"padding":")" + call.padding + "\"}}";
}

void PutVarint(uint64_t n, std::string* out) {
  for (; n > 0x7f; n >>= 7) out->push_back(static_cast<char>(n | 0x80));
  out->push_back(static_cast<char>(n));
}
void PutDouble(double n, std::string* out) {
  for (size_t b = 0; b < sizeof(n); ++b) out->push_back(static_cast<char>(std::bit_cast<uint64_t>(n) >> (8 * b)));
}

std::string Avro(const Call& call) {
  std::string out;
  const auto number = [&](int64_t n) { PutVarint(static_cast<uint64_t>(n) << 1 ^ static_cast<uint64_t>(n >> 63), &out); };
  const auto text = [&](std::string_view t) {
    number(static_cast<int64_t>(t.size()));
    out.append(t);
  };
  text(call.id), text("track"), number(call.time_micros), text(call.event);
  number(call.revenue_micros ? 1 : 0);
  for (const Property& property : call.properties) number(1), text(property.value);
  if (call.revenue_micros) {
    std::string decimal;
    for (int b = 7; b >= 0; --b) decimal.push_back(static_cast<char>(*call.revenue_micros >> (8 * b)));
    text(decimal);
    PutDouble(kTax, &out);
  }
  text("analytics.js"), text(call.padding);
  return out;
}

std::string Protobuf(const Call& call) {
  const auto text = [](int number, std::string_view t, std::string* out) {
    PutVarint(static_cast<uint64_t>(number) << 3 | 2, out);
    PutVarint(t.size(), out);
    out->append(t);
  };
  std::string out, time, properties, library, context;
  text(1, call.id, &out);
  text(2, "track", &out);
  time.push_back(8);
  PutVarint(static_cast<uint64_t>(call.time_micros / kMicrosPerSecond), &time);
  time.push_back(16);
  PutVarint(static_cast<uint64_t>(call.time_micros % kMicrosPerSecond * 1'000), &time);
  text(3, time, &out);
  text(4, call.event, &out);
  int number = 0;
  for (const Property& property : call.properties) text(++number, property.value, &properties);
  if (call.revenue_micros) {
    text(9, ToString(Decimal{*call.revenue_micros, 6}), &properties);
    properties.push_back(10 << 3 | 1);
    PutDouble(kTax, &properties);
    properties.push_back(11 << 3);
    PutVarint(static_cast<uint64_t>(*call.revenue_micros), &properties);
  }
  text(call.revenue_micros ? 6 : 5, properties, &out);
  text(1, "analytics.js", &library);
  text(1, library, &context);
  text(2, call.padding, &context);
  text(7, context, &out);
  return out;
}

}  // namespace

std::optional<ShopFormat> ShopFormatOf(std::string_view name) {
  if (name == "json") return ShopFormat::kJson;
  if (name == "avro") return ShopFormat::kAvro;
  if (name == "protobuf") return ShopFormat::kProtobuf;
  return std::nullopt;
}

std::string ShopRecord(const events::v1::Event& event, int64_t time_micros, size_t bytes, ShopFormat format) {
  Call call = CallOf(event, time_micros);
  const std::string json = Json(call);
  if (json.size() < bytes) call.padding.assign(bytes - json.size(), '.');
  const std::string head("\0\0\0\0\1", 5);
  switch (format) {
    case ShopFormat::kAvro: return head + Avro(call);
    case ShopFormat::kProtobuf: return head + '\0' + Protobuf(call);
    default: return Json(call);
  }
}

}  // namespace tidemark
