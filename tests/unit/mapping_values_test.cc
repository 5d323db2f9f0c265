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
        Case{"IsoEast", "customer.customer_since", "iso(row.t)", R"({"t":"2024-04-26T19:49:39+0200"})", "{ customer { customer_since { seconds: 1714153779 } } }"},
        Case{"IsoWest", "customer.customer_since", "iso(row.t)", R"({"t":"2024-04-26T13:49:39-04:00"})", "{ customer { customer_since { seconds: 1714153779 } } }"},
        Case{"IsoOfANumber", "customer.customer_since", "iso(row.t)", R"({"t":1714153779})", "rejected: customer.customer_since a time is wanted, like 2026-11-24T03:36:49Z"},
        Case{"LocalDay", "customer.customer_since", "local(row.t, \"Europe/Berlin\")", R"({"t":"2024-04-26"})", "{ customer { customer_since { seconds: 1714082400 } } }"},
        Case{"LocalWithAnOffset", "customer.customer_since", "local(row.t, \"Europe/Berlin\")", R"({"t":"2024-04-26T19:49:39Z"})", "rejected: customer.customer_since a time without an offset is wanted, like 2026-11-24T03:36:49"},
        Case{"LocalOfANumber", "customer.customer_since", "local(row.t, \"Europe/Berlin\")", R"({"t":7})", "rejected: customer.customer_since a time is wanted"},
        Case{"LocalTwice", "customer.customer_since", "local(row.t, \"Europe/Berlin\")", R"({"t":"2024-10-27T02:30:00"})", "{ customer { customer_since { seconds: 1729989000 } } }"},
        Case{"LocalNever", "customer.customer_since", "local(row.t, \"Europe/Berlin\")", R"({"t":"2024-03-31T02:30:00"})", "{ customer { customer_since { seconds: 1711848600 } } }"},
        Case{"NoDays", "customer.customer_since", "days(row.t)", R"({"t":"x"})", "rejected: customer.customer_since is no number of days"},
        Case{"TooManyDays", "customer.customer_since", "days(row.t)", R"({"t":200000000000})", "rejected: customer.customer_since is no number of days"},
        Case{"DaysBeyond64Bits", "customer.customer_since", "days(row.t)", R"({"t":1e30})", "rejected: customer.customer_since is no number of days"},
        Case{"NoMillis", "customer.customer_since", "ms(row.t)", R"({"t":"x"})", "rejected: customer.customer_since is no time in its unit"},
        Case{"MillisBeyond128Bits", "customer.customer_since", "ms(row.t)", R"({"t":1e36})", "rejected: customer.customer_since is no time in its unit"},
        Case{"MicrosWithAFraction", "customer.customer_since", "us(row.t)", R"({"t":-0.5})", "{ customer { customer_since { seconds: -1 nanos: 999999000 } } }"},
        Case{"MicrosBeyond64Bits", "customer.customer_since", "us(row.t)", R"({"t":1e20})", "rejected: customer.customer_since is no time in its unit"},
        Case{"TheYear10000", "customer.customer_since", "s(row.t)", R"({"t":253402300800})", "rejected: customer.customer_since is out of range"},
        Case{"TheLastSecondOf9999", "customer.customer_since", "s(row.t)", R"({"t":253402300799})", "{ customer { customer_since { seconds: 253402300799 } } }"},
        Case{"BeforeTheYear1", "customer.customer_since", "s(row.t)", R"({"t":-62135596801})", "rejected: customer.customer_since is out of range"},
        Case{"LocalOfAWord", "customer.customer_since", "local(row.t, \"UTC\")", R"({"t":"yesterday"})", "rejected: customer.customer_since a time without an offset is wanted, like 2026-11-24T03:36:49"},
        Case{"TrueOfATruth", "order.first", "row.a", R"({"a":true})", "{ order { first: true } }"},
        Case{"TrueOfAText", "order.first", "row.a", R"({"a":"true"})", "{ order { first: true } }"},
        Case{"TrueOfOne", "order.first", "row.a", R"({"a":1})", "{ order { first: true } }"},
        Case{"TrueOfADecimalOne", "order.first", "decimal(row.a)", R"({"a":"1.0"})", "{ order { first: true } }"},
        Case{"FalseOfATruth", "order.first", "row.a", R"({"a":false})", "{ order { first: false } }"},
        Case{"FalseOfAText", "order.first", "row.a", R"({"a":"false"})", "{ order { first: false } }"},
        Case{"FalseOfZero", "order.first", "row.a", R"({"a":0})", "{ order { first: false } }"},
        Case{"FalseOfADecimalZero", "order.first", "decimal(row.a)", R"({"a":"0.00"})", "{ order { first: false } }"},
        Case{"NeitherOfATwo", "order.first", "decimal(row.a)", R"({"a":2})", "rejected: order.first is neither true nor false"},
        Case{"NeitherOfAText", "order.first", "row.a", R"({"a":"yes"})", "rejected: order.first is neither true nor false"},
        Case{"AConditionIsATruth", "order.first", "changed(row.a)", R"({"a":1})", "{ order { first: true } }"},
        Case{"WholeNumbers", "order.units", "row.a", R"({"a":3.0})", "{ order { units: 3 } }"},
        Case{"NoFractionOfAWhole", "order.units", "row.a", R"({"a":3.5})", "rejected: order.units is no whole number"},
        Case{"NoTruthIsANumber", "order.units", "row.a", R"({"a":true})", "rejected: order.units is no number"},
        Case{"TextOfATruth", "order.id", "row.a", R"({"a":true})", "{ order { id: \"true\" } }"},
        Case{"TextOfADecimal", "order.id", "decimal(row.a)", R"({"a":"1.50"})", "{ order { id: \"1.5\" } }"},
        Case{"NoDecimal", "order.amount", "decimal(row.a)", R"({"a":"x"})", "rejected: order.amount is no decimal number"},
        Case{"Plus", "order.amount", "row.a", R"({"a":"+2"})", "{ order { amount_micros: 2000000 } }"},
        Case{"NothingBehindTheSign", "order.amount", "row.a", R"({"a":"+"})", "rejected: order.amount is no number"},
        Case{"DigitsBeyond128Bits", "order.amount", "row.a", R"({"a":"170141183460469231731687303715884105728"})", "rejected: order.amount is no number"},
        Case{"MinorOfAFraction", "order.amount", "minor(row.a, \"USD\")", R"({"a":1.5})", "rejected: order.amount is no whole number of minor units"},
        Case{"MinorOfAText", "order.amount", "minor(row.a, \"USD\")", R"({"a":"x"})", "rejected: order.amount is no whole number of minor units"},
        Case{"MinorOfNoCurrency", "order.amount", "minor(row.a, row.c)", R"({"a":1,"c":"EURO"})", "rejected: order.amount its currency is no ISO 4217 code"},
        Case{"MinorOfANumberedCurrency", "order.amount", "minor(row.a, row.c)", R"({"a":1,"c":978})", "rejected: order.amount its currency is no ISO 4217 code"},
        Case{"MinorWithoutACurrency", "order.amount", "minor(row.a, row.c)", R"({"a":1})", "{ }"},
        Case{"Base64OfANumber", "order.amount", "b64(row.a, 2)", R"({"a":7})", "rejected: order.amount is a number, not base64"},
        Case{"Base64OfNothing", "order.amount", "b64(row.a, 2)", R"({"a":""})", "rejected: order.amount is no decimal in base64"},
        Case{"Base64OfOtherLetters", "order.amount", "b64(row.a, 2)", R"({"a":"!!"})", "rejected: order.amount is no decimal in base64"},
        Case{"Base64WithAnOddScale", "order.amount", "b64(row.a, row.s)", R"({"a":"AQ==","s":1.5})", "rejected: order.amount is no decimal in base64"},
        Case{"Base64WithAScaleBelowZero", "order.amount", "b64(row.a, row.s)", R"({"a":"AQ==","s":-1})", "rejected: order.amount is no decimal in base64"},
        Case{"Base64WithAScaleBeyondAll", "order.amount", "b64(row.a, row.s)", R"({"a":"AQ==","s":5000})", "rejected: order.amount is no decimal in base64"},
        Case{"Base64WithAScaleThatIsNone", "order.amount", "b64(row.a, row.s)", R"({"a":"AQ==","s":"x"})", "rejected: order.amount is no decimal in base64"},
        Case{"NegateOfAText", "order.amount", "negate(row.a)", R"({"a":"x"})", "rejected: order.amount is no decimal number"},
        Case{"ProductOfAText", "order.amount", "product(row.p, row.q)", R"({"p":"x","q":3})", "rejected: order.amount is no product of two decimal numbers"},
        Case{"ProductOfAnotherText", "order.amount", "product(row.p, row.q)", R"({"p":3,"q":"x"})", "rejected: order.amount is no product of two decimal numbers"},
        Case{"ProductBeyond128Bits", "order.amount", "product(row.p, row.q)", R"({"p":1e30,"q":1e30})", "rejected: order.amount is no product of two decimal numbers"},
        Case{"Upper", "order.id", "upper(row.a)", R"({"a":"aBc\u00e9"})", "{ order { id: \"ABC\\303\\251\" } }"},
        Case{"LowerOfANumber", "order.id", "lower(row.a)", R"({"a":1E2})", "{ order { id: \"1e2\" } }"},
        Case{"LowerOfAList", "order.id", "lower(row.a)", R"({"a":[]})", "rejected: order.id is no text"},
        Case{"HashOfAList", "order.id", "hash(row.a)", R"({"a":[]})", "rejected: order.id is no text"},
        Case{"ConcatOfAList", "order.id", "concat(row.a, \"x\")", R"({"a":[]})", "rejected: order.id a part is no text"},
        Case{"ConcatOfAnything", "order.id", "concat(row.a, row.b, decimal(row.c))", R"({"a":true,"b":1e3,"c":"2.50"})", "{ order { id: \"true1e32.5\" } }"},
        Case{"TheFirstErrorOfMany", "order.amount", "decimal(row.a) | negate(row.b)", R"({"a":"x","b":"y"})", "rejected: order.amount is no decimal number"},
        Case{"AnErrorBeforeAnAbsence", "order.amount", "decimal(row.a) | row.b", R"({"a":"x"})", "rejected: order.amount is no decimal number"},
        Case{"AConstantNumber", "order.amount", "2.5", R"({})", "{ order { amount_micros: 2500000 } }"},
        Case{"AConstantTruth", "order.first", "true", R"({})", "{ order { first: true } }"},
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

TEST(MapValue, WordsStandForOthers) {
  MappingRig rig("words: {stages: {\"7\": won, closed: lost}}\nevents:\n- {emit: order.paid, set: {order.id: 'lookup(stages, row.a)'}}");
  const auto word = [&](const std::string& record) {
    const std::string got = rig.Map(record);
    const size_t payload = got.find("order_paid {");
    return payload == std::string::npos ? got : got.substr(payload + 11);
  };
  EXPECT_EQ(word(R"({"a":"closed"})"), "{ order { id: \"lost\" } }");
  EXPECT_EQ(word(R"({"a":7})"), "{ order { id: \"won\" } }") << "a number by its digits";
  EXPECT_EQ(word(R"({"a":"other"})"), "{ }");
  EXPECT_EQ(word(R"({"a":{}})"), "rejected: order.id is no text");
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
