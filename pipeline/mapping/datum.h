// A value on its way from a record to a field: as it stands there, or as a function made it. Internal to this room.
#pragma once

#include <cstdint>
#include <string_view>

#include "pipeline/base/decimal.h"

namespace tidemark::mapping {

// What a number counts, where the record's schema says that it is a time.
enum class Unit : uint8_t { kNone, kDays, kSeconds, kMillis, kMicros, kNanos };

// Text points into the record, or into what Scratch holds while the record is mapped.
struct Datum {
  enum class Kind : uint8_t {
    kAbsent,   // not there
    kNull,     // there, and null
    kText,
    kNumber,   // text: as it is written, so that no digit is lost
    kBool,
    kNested,   // a list or an object; text: its bytes, where they are at hand
    kDecimal,  // worked out
    kTime,     // micros
    kError,    // text: why there is none
  };
  Kind kind = Kind::kAbsent;
  bool truth = false;
  Unit unit = Unit::kNone;   // kDecimal: a time, too
  bool local = false;        // which a clock showed, of no zone that the record says
  std::string_view text;
  int64_t micros = 0;
  Decimal number;

  // Something that a field can be.
  bool given() const { return kind != Kind::kAbsent && kind != Kind::kNull && kind != Kind::kError; }
  // Something that reads as a text.
  bool texted() const { return kind == Kind::kText || kind == Kind::kNumber || kind == Kind::kBool || kind == Kind::kDecimal; }

  static Datum Null() { return {Kind::kNull, false, Unit::kNone, false, {}, 0, {}}; }
  static Datum Text(std::string_view text) { return {Kind::kText, false, Unit::kNone, false, text, 0, {}}; }
  static Datum Number(std::string_view text) { return {Kind::kNumber, false, Unit::kNone, false, text, 0, {}}; }
  static Datum Bool(bool truth) { return {Kind::kBool, truth, Unit::kNone, false, {}, 0, {}}; }
  static Datum Of(Decimal number) { return {Kind::kDecimal, false, Unit::kNone, false, {}, 0, number}; }
  static Datum Time(int64_t micros) { return {Kind::kTime, false, Unit::kNone, false, {}, micros, {}}; }
  static Datum Of(Int128 number, Unit unit, bool local) { return {Kind::kDecimal, false, unit, local, {}, 0, {number, 0}}; }
  static Datum Nested() { return {Kind::kNested, false, Unit::kNone, false, {}, 0, {}}; }
  static Datum Error(std::string_view why) { return {Kind::kError, false, Unit::kNone, false, why, 0, {}}; }
};

}  // namespace tidemark::mapping
