// What a value becomes in a field of each type that a schema can have, also of a schema that isn't ours.
#include <gtest/gtest.h>

#include <bit>
#include <limits>

#include "pipeline/mapping/target.h"
#include "tests/unit/event_own_schema.h"

namespace tidemark {
namespace {

using mapping::Datum;
using mapping::Encoded;

class Targets : public ::testing::Test {
 protected:
  // The bits that are written, or why nothing is.
  std::string Of(const std::string& field, const Datum& value) {
    const EventTypeId type = own_.schema().FindType("numbers.seen").value();
    const auto target = mapping::TargetOf(own_.schema().ResolvePath(type, field).value(), own_.schema().Resolve(type, field).value());
    if (!target.ok()) return target.status().text();
    Encoded encoded;
    rounded_ = false;
    if (const char* why = mapping::Encode(value, *target, &text_, &rounded_, &encoded)) return why;
    switch (encoded.kind) {
      case Encoded::Kind::kVarint: return std::to_string(static_cast<int64_t>(encoded.bits));
      case Encoded::Kind::kFixed64: return "double " + std::to_string(std::bit_cast<double>(encoded.bits));
      case Encoded::Kind::kFixed32: return "float " + std::to_string(std::bit_cast<float>(static_cast<uint32_t>(encoded.bits)));
      case Encoded::Kind::kText: return "\"" + std::string(encoded.text) + "\"";
      case Encoded::Kind::kInstant: return std::to_string(encoded.micros) + " us";
      default: return "nothing";
    }
  }

  testing::OwnSchema own_;
  std::string text_;
  bool rounded_ = false;
};

TEST_F(Targets, IntegersHaveTheirRanges) {
  struct Range {
    const char* field;
    const char *least, *below, *most, *above;
  };
  for (const Range& r : {Range{"i32", "-2147483648", "-2147483649", "2147483647", "2147483648"}, Range{"u32", "0", "-1", "4294967295", "4294967296"},
                         Range{"i64", "-9223372036854775808", "-9223372036854775809", "9223372036854775807", "9223372036854775808"},
                         Range{"u64", "0", "-1", "9223372036854775807", "9223372036854775808"}}) {
    EXPECT_EQ(Of(r.field, Datum::Number(r.least)), r.least) << r.field;
    EXPECT_EQ(Of(r.field, Datum::Text(r.most)), r.most) << r.field;
    EXPECT_EQ(Of(r.field, Datum::Number(r.below)), "is out of range") << r.field;
    EXPECT_EQ(Of(r.field, Datum::Number(r.above)), "is out of range") << r.field;
    EXPECT_EQ(Of(r.field, Datum::Number("0.5")), "is no whole number") << r.field;
    EXPECT_EQ(Of(r.field, Datum::Bool(true)), "is no number") << r.field;
    EXPECT_EQ(Of(r.field, Datum::Time(7)), "is no number") << r.field;
  }
  EXPECT_EQ(Of("s64", Datum::Number("-3")), "5") << "zigzag";
  EXPECT_EQ(Of("s64", Datum::Number("3")), "6");
}

TEST_F(Targets, ScalesAreOfTheSchema) {
  EXPECT_EQ(Of("cost_micros", Datum::Number("1.0000005")), "1000000");
  EXPECT_TRUE(rounded_);
  EXPECT_EQ(Of("cents", Datum::Text("12.3")), "1230");
  EXPECT_FALSE(rounded_);
}

TEST_F(Targets, FloatsAreTheNearest) {
  EXPECT_EQ(Of("d", Datum::Number("0.25")), "double 0.250000");
  EXPECT_EQ(Of("f", Datum::Text("-1e3")), "float -1000.000000");
  EXPECT_EQ(Of("f", Datum::Number("16777219")), "float 16777220.000000");
  EXPECT_EQ(Of("d", Datum::Number("1e16")), "double 10000000000000000.000000");
  EXPECT_EQ(Of("d", Datum::Number("1e17")), "is out of range") << "for its two digits after the point";
  EXPECT_EQ(Of("f", Datum::Number("-1e13")), "is out of range") << "for six";
  EXPECT_EQ(Of("d", Datum::Text("x")), "is no number");
  EXPECT_EQ(Of("f", Datum::Bool(false)), "is no number");
}

TEST_F(Targets, EnumsHaveNames) {
  EXPECT_EQ(Of("kind", Datum::Text("MAIL")), "2");
  EXPECT_EQ(Of("kind", Datum::Text("mail")), "is none of its values");
  EXPECT_EQ(Of("kind", Datum::Number("2")), "is none of its values");
  EXPECT_EQ(Of("kind", Datum::Time(2)), "is none of its values");
}

TEST_F(Targets, TimesAndHowLong) {
  EXPECT_EQ(Of("at", Datum::Time(-5)), "-5 us");
  EXPECT_EQ(Of("took", Datum::Time(1'500'000)), "1500000 us");
  EXPECT_EQ(Of("took", Datum::Time(-1)), "is out of range") << "nothing takes less than no time";
  EXPECT_EQ(Of("at", Datum::Number("7")), "is no time");
  EXPECT_EQ(Of("at", Datum::Of(Int128{7}, mapping::Unit::kSeconds, false)), "7000000 us") << "whose schema says seconds";
  EXPECT_EQ(Of("at", Datum::Of(std::numeric_limits<int64_t>::max(), mapping::Unit::kSeconds, false)), "is no time in its unit");
}

TEST_F(Targets, TextsAreOfWhatReadsAsOne) {
  EXPECT_EQ(Of("s", Datum::Text("")), "\"\"");
  EXPECT_EQ(Of("s", Datum::Number("1.50")), "\"1.50\"");
  EXPECT_EQ(Of("s", Datum::Bool(false)), "\"false\"");
  EXPECT_EQ(Of("s", Datum::Of({-150, 2})), "\"-1.5\"");
  EXPECT_EQ(Of("s", Datum::Time(7)), "is a time, not a text");
  EXPECT_EQ(Of("s", Datum::Nested()), "is a list or an object, not one value");
  EXPECT_EQ(Of("b", Datum::Text("1")), "1");
  EXPECT_EQ(Of("b", Datum::Text("0")), "0");
  EXPECT_EQ(Of("b", Datum::Time(1)), "is neither true nor false");
}

TEST_F(Targets, WhatAMappingCantFillIsSaid) {
  for (const char* field : {"f32", "f64", "sf32", "sf64", "s32"}) EXPECT_EQ(Of(field, Datum::Number("1")).substr(0, 14), "fields of type") << field;
}

}  // namespace
}  // namespace tidemark
