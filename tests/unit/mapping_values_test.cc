// What a field becomes: numbers that never pass through a double, times with their units, texts, and what is refused.
#include "pipeline/mapping/numbers.h"
#include "tests/unit/mapping_rig.h"

namespace tidemark {
namespace {

// The fields of one order whose amount, time or text is `value`.
std::string Field(const std::string& field, const std::string& value, const std::string& record) {
  MappingRig rig("events:\n- {emit: order.paid, set: {" + field + ": '" + value + "'}}");
  std::string got = rig.Map(record);
  const size_t payload = got.find("order_paid {");
  return payload == std::string::npos ? got : got.substr(payload + 11);
}

struct Case {
  const char* name;
  const char* field;
  const char* value;
  const char* record;
  const char* becomes;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class MapValue : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(
    Values, MapValue,
    testing::Values(
        Case{"DecimalOfText", "order.amount", "row.a", R"({"a":"12.50"})", "{ order { amount_micros: 12500000 } }"},
        Case{"DecimalOfNumber", "order.amount", "row.a", R"({"a":0.1})", "{ order { amount_micros: 100000 } }"},
        Case{"NoDoubleOnTheWay", "order.amount", "row.a", R"({"a":9007199254.740993})", "{ order { amount_micros: 9007199254740993 } }"},
        Case{"Exponent", "order.amount", "row.a", R"({"a":1.5e3})", "{ order { amount_micros: 1500000000 } }"},
        Case{"RoundedHalfEven", "order.amount", "row.a", R"({"a":0.0000005})", "{ order { amount_micros: 0 } }"},
        Case{"RoundedHalfEvenUp", "order.amount", "row.a", R"({"a":0.0000015})", "{ order { amount_micros: 2 } }"},
        Case{"JustAboveTheTie", "order.amount", "row.a", R"({"a":0.00000050000000000000000001})", "{ order { amount_micros: 1 } }"},
        Case{"Negative", "order.amount", "negate(row.a)", R"({"a":"3.25"})", "{ order { amount_micros: -3250000 } }"},
        Case{"MinorUnits", "order.amount", "minor(row.a, row.c)", R"({"a":1999,"c":"usd"})", "{ order { amount_micros: 19990000 } }"},
        Case{"MinorUnitsOfYen", "order.amount", "minor(row.a, row.c)", R"({"a":1999,"c":"JPY"})", "{ order { amount_micros: 1999000000 } }"},
        Case{"MinorUnitsOfDinars", "order.amount", "minor(row.a, \"KWD\")", R"({"a":1999})", "{ order { amount_micros: 1999000 } }"},
        Case{"Base64", "order.amount", "b64(row.a, 4)", R"({"a":"EtaH"})", "{ order { amount_micros: 123456700 } }"},
        Case{"Base64Negative", "order.amount", "b64(row.a, 2)", R"({"a":"/w=="})", "{ order { amount_micros: -10000 } }"},
        Case{"Base64WithItsScale", "order.amount", "b64(row.a.value, row.a.scale)", R"({"a":{"scale":1,"value":"ew=="}})", "{ order { amount_micros: 12300000 } }"},
        Case{"Product", "order.amount", "product(row.p, row.q)", R"({"p":"2.50","q":3})", "{ order { amount_micros: 7500000 } }"},
        Case{"NoNumber", "order.amount", "row.a", R"x({"a":"(not set)"})x", "rejected: order.amount is no number"},
        Case{"TooLarge", "order.amount", "row.a", R"({"a":"10000000000000"})", "rejected: order.amount is out of range"},
        Case{"AnObject", "order.amount", "row.a", R"({"a":{}})", "rejected: order.amount is a list or an object, not one value"},
        Case{"NullIsAbsent", "order.amount", "row.a", R"({"a":null})", "{ }"},
        Case{"AbsentIsAbsent", "order.amount", "row.a", R"({})", "{ }"},
        Case{"TheFirstThatIsThere", "order.amount", "row.a | row.b", R"({"a":null,"b":"7"})", "{ order { amount_micros: 7000000 } }"},
        Case{"OrAConstant", "order.currency", "row.c | \"USD\"", R"({})", "{ order { currency: \"USD\" } }"},
        Case{"TextOfANumber", "order.id", "row.id", R"({"id":12345678901234567890123})", "{ order { id: \"12345678901234567890123\" } }"},
        Case{"TextWithEscapes", "order.id", "row.id", R"({"id":"a\u00e9\n"})", "{ order { id: \"a\\303\\251\\n\" } }"},
        Case{"Concat", "order.id", "concat(row.a, \"/\", row.b)", R"({"a":"x","b":7})", "{ order { id: \"x/7\" } }"},
        Case{"ConcatOfAbsent", "order.id", "concat(row.a, \"/\", row.b)", R"({"a":"x"})", "{ }"},
        Case{"Lower", "order.id", "lower(row.a)", R"({"a":"AbC"})", "{ order { id: \"abc\" } }"},
        Case{"ByPosition", "order.id", "row.a[1].b", R"({"a":[{"b":"x"},{"b":"y"}]})", "{ order { id: \"y\" } }"},
        Case{"OddNames", "order.id", "row.\"odd name\"", R"({"odd name":"x"})", "{ order { id: \"x\" } }"},
        Case{"TheLastOfTwo", "order.id", "row.a", R"({"a":"x","a":"y"})", "{ order { id: \"y\" } }"},
        Case{"IsoTime", "customer.customer_since", "iso(row.t)", R"({"t":"2024-04-26T17:49:39.000+0000"})", "{ customer { customer_since { seconds: 1714153779 } } }"},
        Case{"Millis", "customer.customer_since", "ms(row.t)", R"({"t":1714153779250})", "{ customer { customer_since { seconds: 1714153779 nanos: 250000000 } } }"},
        Case{"SecondsWithAFraction", "customer.customer_since", "s(row.t)", R"({"t":"1714153779.5"})", "{ customer { customer_since { seconds: 1714153779 nanos: 500000000 } } }"},
        Case{"Nanos", "customer.customer_since", "ns(row.t)", R"({"t":1714153779000000999})", "{ customer { customer_since { seconds: 1714153779 } } }"},
        Case{"Days", "customer.customer_since", "days(row.t)", R"({"t":19839})", "{ customer { customer_since { seconds: 1714089600 } } }"},
        Case{"Local", "customer.customer_since", "local(row.t, \"Europe/Berlin\")", R"({"t":"2024-04-26T19:49:39"})", "{ customer { customer_since { seconds: 1714153779 } } }"},
        Case{"LocalMicros", "customer.customer_since", "local(us(row.t), \"Europe/Berlin\")", R"({"t":1714160979000000})", "{ customer { customer_since { seconds: 1714153779 } } }"},
        Case{"NoZone", "customer.customer_since", "iso(row.t)", R"({"t":"2024-04-26T17:49:39"})", "rejected: customer.customer_since a time is wanted, like 2026-11-24T03:36:49Z"},
        Case{"IsoOrMillis", "customer.customer_since", "iso(row.t) | ms(row.t)", R"({"t":1714153779000})", "{ customer { customer_since { seconds: 1714153779 } } }"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_P(MapValue, Becomes) {
  const Case& c = GetParam();
  EXPECT_EQ(Field(c.field, c.value, c.record), c.becomes);
}

TEST(MapValue, HashesArePersonalOnlyToTheKey) {
  const std::string one = Field("order.id", "hash(lower(row.e))", R"({"e":"Ann@Example.com"})");
  EXPECT_EQ(one, Field("order.id", "hash(lower(row.e))", R"({"e":"ann@example.com"})"));
  EXPECT_EQ(one.size(), std::string("{ order { id: \"0123456789abcdef\" } }").size());
  EXPECT_EQ(one.find("ann"), std::string::npos);
}

TEST(MapValue, AnErrorCanBeNoValueOrAConstant) {
  MappingRig null("events:\n- {emit: order.paid, set: {order.amount: {value: row.a, on_error: skip}, order.id: row.id}}");
  EXPECT_EQ(null.said, "m.yaml:8:71: sources.s.events[0].set.order.amount.on_error: reject, absent or {constant: ..} is wanted here\n");
  MappingRig rig("events:\n- {emit: order.paid, set: {order.amount: {value: row.a, on_error: absent}, order.units: {value: row.u, on_error: {constant: 1}}}}");
  EXPECT_NE(rig.Map(R"({"a":"x","u":"y"})").find("order { units: 1 }"), std::string::npos);
}

TEST(Numbers, RoundingSeesWhatLiesBehindEighteenDigits) {
  using mapping::NumberOf;
  using mapping::ScaledTo;
  bool rounded = false;
  EXPECT_EQ(*ScaledTo(*NumberOf("0.5000000000000000000001"), 0, &rounded), 1);
  EXPECT_TRUE(rounded);
  EXPECT_EQ(*ScaledTo(*NumberOf("0.5"), 0, &rounded), 0);
  EXPECT_EQ(*ScaledTo(*NumberOf("-1.5"), 0, &rounded), -2);
  EXPECT_EQ(*ScaledTo(*NumberOf("25e-1"), 0, &rounded), 2);
  EXPECT_EQ(*ScaledTo(*NumberOf("1e-30"), 6, &rounded), 0);
  for (const char* bad : {"", "-", ".", "1e", "1e99", "0x1", "1.2.3", "NaN", "1 ", "999999999999999999999999999999999999999999"}) {
    EXPECT_FALSE(NumberOf(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace tidemark
