#include "pipeline/mapping/program.h"

#include <absl/strings/ascii.h>
#include <absl/time/time.h>

#include <algorithm>
#include <array>

#include "pipeline/event/utf8.h"
#include "pipeline/mapping/avro_positions.h"
#include "pipeline/mapping/numbers.h"

namespace tidemark::mapping {
namespace {

using Kind = Datum::Kind;

constexpr std::string_view kIsoForms = "a time is wanted, like 2026-11-24T03:36:49Z";

// A number of units, or a time that the record's schema says is of that unit.
Datum TimeOf(const Datum& value, Unit unit) {
  if (value.unit != Unit::kNone && value.unit != unit) return Datum::Error("is a time of another unit, as its schema has it");
  const std::optional<Decimal> number = NumberIn(value);
  const std::optional<int64_t> micros = number ? MicrosOf(*number, unit) : std::nullopt;
  return micros ? Datum::Time(*micros) : Datum::Error(unit == Unit::kDays ? "is no number of days" : "is no time in its unit");
}

// RFC 3339, and what Salesforce writes: an offset without its colon.
Datum IsoOf(const Datum& value) {
  if (value.kind == Kind::kTime || value.unit != Unit::kNone) return TimeIn(value);
  if (value.kind != Kind::kText) return Datum::Error(kIsoForms);
  std::string text(value.text);
  constexpr size_t kOffset = 5;  // +0000
  if (text.size() > kOffset && (text[text.size() - kOffset] == '+' || text[text.size() - kOffset] == '-') &&
      text.find(':') != std::string::npos && text.find_last_of(':') < text.size() - kOffset) {
    text.insert(text.size() - 2, ":");
  }
  const Result<EventTime> time = ParseRfc3339(text);
  return time.ok() ? Datum::Time(Micros(*time)) : Datum::Error(kIsoForms);
}

// What a clock of the zone showed, as text without an offset, or as a time that was read as if it were UTC.
Datum LocalOf(const Datum& value, const absl::TimeZone& zone) {
  int64_t shown = value.micros;
  if (value.kind == Kind::kText) {
    std::string text(value.text);
    if (text.size() == 10) text += "T00:00:00";
    const Result<EventTime> read = ParseRfc3339(text + "Z");
    if (!read.ok()) return Datum::Error("a time without an offset is wanted, like 2026-11-24T03:36:49");
    shown = Micros(*read);
  } else if (value.unit != Unit::kNone) {
    const std::optional<int64_t> micros = MicrosOf(value.number, value.unit);
    if (!micros) return Datum::Error("is no time in its unit");
    shown = *micros;
  } else if (value.kind != Kind::kTime) {
    return Datum::Error("a time is wanted");
  }
  const absl::Time utc = absl::FromUnixMicros(shown);
  const absl::TimeZone::CivilInfo civil = absl::UTCTimeZone().At(utc);
  // Shown twice, when clocks are set back: the first. Never shown: as if they had not been set forward.
  const absl::Time there = zone.At(civil.cs).pre + civil.subsecond;
  return Datum::Time(absl::ToUnixMicros(there));
}

std::string TextIn(const Datum& value) {
  if (value.kind == Kind::kBool) return value.truth ? "true" : "false";
  if (value.kind == Kind::kDecimal) return ToString(value.number);
  return std::string(value.text);
}
bool Same(const Datum& a, const Datum& b) {
  if (a.given() != b.given()) return false;
  if (!a.given()) return true;
  if (a.kind == Kind::kNested || b.kind == Kind::kNested) return false;
  if (a.kind == Kind::kTime || b.kind == Kind::kTime) return a.kind == b.kind && a.micros == b.micros;
  const std::optional<Decimal> x = NumberIn(a), y = NumberIn(b);
  if (x && y) return Compare(*x, *y) == 0;
  return TextIn(a) == TextIn(b);
}

bool InList(const Datum& value, const std::vector<MapExpr::Literal>& literals) {
  return std::any_of(literals.begin(), literals.end(), [&](const auto& literal) { return Equals(value, literal); });
}

}  // namespace

Datum HeaderOf(const RawRecord& record, std::string_view name) {
  const RecordHeader* header = LastHeader(record, name);
  return header == nullptr ? Datum() : TextOf(header->value);
}

Datum TextOf(std::string_view bytes) {
  Datum none;
  none.kind = Kind::kNull;
  if (bytes.data() == nullptr) return none;
  return event::IsUtf8(bytes) ? Datum::Text(bytes) : Datum::Error("is no text in UTF-8");
}

bool Equals(const Datum& value, const MapExpr::Literal& literal) {
  if (const auto* text = std::get_if<std::string>(&literal)) return value.kind == Kind::kText && value.text == *text;
  if (const auto* number = std::get_if<Decimal>(&literal)) {
    const std::optional<Decimal> is = NumberIn(value);
    return is && Compare(*is, *number) == 0;
  }
  const bool truth = std::get<bool>(literal);
  if (value.kind == Kind::kText) return value.text == (truth ? "true" : "false");
  return value.kind == Kind::kBool && value.truth == truth;
}

Datum Program::Read(const Source& source, const Moment& moment) const {
  if (!source.property.empty() && source.property != moment.property) return {};
  switch (source.kind) {
    case Source::Kind::kLeaf:
      return moment.captures->leaves[source.index];
    case Source::Kind::kCell:
      return moment.cells == nullptr ? Datum() : moment.cells[source.index];
    case Source::Kind::kItem:
      return moment.has_item ? Datum::Text(moment.item) : Datum();
    case Source::Kind::kKey:
      return (*moment.key)[source.index];
    case Source::Kind::kTopic:
      return Datum::Text(moment.record->topic);
    case Source::Kind::kPartition:
      return Datum::Of({moment.record->partition, 0});
    case Source::Kind::kOffset:
      return Datum::Of({moment.record->offset.v, 0});
    case Source::Kind::kTimestamp:
      return moment.record->kafka_time == WallTime::min() ? Datum() : Datum::Time(Micros(moment.record->kafka_time));
    case Source::Kind::kHeader:
      return HeaderOf(*moment.record, source.header);
  }
  return {};
}

Datum Program::Make(uint32_t index, const Moment& moment) const {
  const Node& node = nodes[index];
  switch (node.kind) {
    case MapExpr::Kind::kPath:
      return Read(node.source, moment);
    case MapExpr::Kind::kOp:
      return Datum::Text(ToString(moment.op));
    case MapExpr::Kind::kLiteral:
      if (const auto* text = std::get_if<std::string>(&node.literals[0])) return Datum::Text(*text);
      if (const auto* number = std::get_if<Decimal>(&node.literals[0])) return Datum::Of(*number);
      return Datum::Bool(std::get<bool>(node.literals[0]));
    case MapExpr::Kind::kFirst: {
      Datum last;
      for (const uint32_t arg : node.args) {
        const Datum value = Value(arg, moment);
        if (value.given()) return value;
        if (value.kind == Kind::kError || last.kind != Kind::kError) last = value;
      }
      return last;
    }
    case MapExpr::Kind::kCall:
      return Call(node, moment);
    default:
      return Datum::Bool(True(index, moment));
  }
}

bool Program::True(uint32_t index, const Moment& moment) const {
  const Node& node = nodes[index];
  switch (node.kind) {
    case MapExpr::Kind::kAnd:
      return std::all_of(node.args.begin(), node.args.end(), [&](uint32_t arg) { return True(arg, moment); });
    case MapExpr::Kind::kOr:
      return std::any_of(node.args.begin(), node.args.end(), [&](uint32_t arg) { return True(arg, moment); });
    case MapExpr::Kind::kNot:
      return !True(node.args[0], moment);
    case MapExpr::Kind::kHas:
      return Value(node.args[0], moment).given();
    case MapExpr::Kind::kIn:
      return InList(Value(node.args[0], moment), node.literals);
    case MapExpr::Kind::kCompare:
      return Compares(node, moment);
    case MapExpr::Kind::kCall:
      if (node.fn == Fn::kBecomes) return Becomes(node, moment);
      [[fallthrough]];
    default: {
      const Datum value = Value(index, moment);
      return Equals(value, true);
    }
  }
}

bool Program::Compares(const Node& node, const Moment& moment) const {
  Datum made;
  const Datum& value = Value(node.args[0], moment, &made);
  if (node.compare == MapExpr::Compare::kEq) return Equals(value, node.literals[0]);
  if (node.compare == MapExpr::Compare::kNe) return !Equals(value, node.literals[0]);
  int order = 0;
  if (const auto* text = std::get_if<std::string>(&node.literals[0])) {
    if (value.kind != Kind::kText) return false;
    order = value.text.compare(*text);
  } else {
    const std::optional<Decimal> number = NumberIn(value);
    if (!number) return false;
    order = Compare(*number, std::get<Decimal>(node.literals[0]));
  }
  switch (node.compare) {
    case MapExpr::Compare::kLt: return order < 0;
    case MapExpr::Compare::kLe: return order <= 0;
    case MapExpr::Compare::kGt: return order > 0;
    default: return order >= 0;
  }
}

bool Program::Changed(const Node& node, const Moment& moment, const Datum& now, const Datum& before) const {
  if (moment.op == Op::kCreate || moment.op == Op::kSnapshot) return now.given();
  if (moment.changed != kNone && moment.captures->arrays[moment.changed].count > 0) {
    const Captures::Elements& names = moment.captures->arrays[moment.changed];
    const auto any = [&](auto is) { return std::any_of(names.cells.begin(), names.cells.end(), [&](const Datum& name) { return name.kind == Kind::kText && is(name.text); }); };
    // A bitmap of positions needs the writer's schema: then whatever is there has changed.
    if (any(IsBitmap)) return now.given();
    return any([&](std::string_view name) { return name == node.name || name == node.full_name; });
  }
  if (moment.old_is_partial) return before.kind != Kind::kAbsent;
  const bool known = moment.old_row != kNone && moment.captures->leaves[moment.old_row].given();
  return known && before.kind != Kind::kAbsent ? !Same(now, before) : now.given();
}

bool Program::Becomes(const Node& node, const Moment& moment) const {
  const Datum now = Value(node.args[0], moment);
  if (!InList(now, node.literals)) return false;
  const Datum before = node.args.size() > 1 ? Value(node.args[1], moment) : Datum();
  return Changed(node, moment, now, before) && !InList(before, node.literals);
}

Datum Program::Call(const Node& node, const Moment& moment) const {
  std::array<Datum, 2> args;
  for (size_t a = 0; a < std::min(node.args.size(), args.size()); ++a) {
    args[a] = Value(node.args[a], moment);
    const bool through = node.fn == Fn::kConcat || node.fn == Fn::kChanged || node.fn == Fn::kWas || node.fn == Fn::kBecomes;
    if (!through && !args[a].given()) return args[a];
  }
  switch (node.fn) {
    case Fn::kSeconds: return TimeOf(args[0], Unit::kSeconds);
    case Fn::kMillis: return TimeOf(args[0], Unit::kMillis);
    case Fn::kMicros: return TimeOf(args[0], Unit::kMicros);
    case Fn::kNanos: return TimeOf(args[0], Unit::kNanos);
    case Fn::kDays: return TimeOf(args[0], Unit::kDays);
    case Fn::kIso: return IsoOf(args[0]);
    case Fn::kLocal: return LocalOf(args[0], *static_cast<const absl::TimeZone*>(node.zone.get()));
    case Fn::kDecimal: {
      const std::optional<Decimal> number = NumberIn(args[0]);
      return number ? Datum::Of(*number) : Datum::Error("is no decimal number");
    }
    case Fn::kMinor: {
      const std::optional<Decimal> number = NumberIn(args[0]);
      if (!number || number->scale != 0) return Datum::Error("is no whole number of minor units");
      if (args[1].kind != Kind::kText || args[1].text.size() != 3 || !std::all_of(args[1].text.begin(), args[1].text.end(), absl::ascii_isalpha)) return Datum::Error("its currency is no ISO 4217 code");
      return Datum::Of({number->mantissa, MinorDigits(args[1].text)});
    }
    case Fn::kBase64: {
      if (args[0].kind == Kind::kNumber) return Datum::Error("is a number, not base64");
      // A decimal that the record's schema calls one, with so many digits.
      const std::optional<Decimal> scale = NumberIn(args[1]);
      const bool digits = scale && scale->scale == 0 && scale->mantissa >= 0 && scale->mantissa <= kMostDigits;
      if (args[0].kind == Kind::kDecimal && digits && std::min<Int128>(scale->mantissa, kMaxScale) == args[0].number.scale) return args[0];
      const std::optional<Decimal> number = Base64Decimal(args[0], args[1]);
      return number ? Datum::Of(*number) : Datum::Error("is no decimal in base64");
    }
    case Fn::kNegate: {
      const std::optional<Decimal> number = NumberIn(args[0]);
      return number ? Datum::Of({-number->mantissa, number->scale}) : Datum::Error("is no decimal number");
    }
    case Fn::kProduct: {
      const std::optional<Decimal> a = NumberIn(args[0]), b = NumberIn(args[1]);
      const std::optional<Decimal> product = a && b ? Multiply(*a, *b) : std::nullopt;
      return product ? Datum::Of(*product) : Datum::Error("is no product of two decimal numbers");
    }
    case Fn::kLower:
    case Fn::kUpper: {
      if (!args[0].texted()) return Datum::Error("is no text");
      std::string text = TextIn(args[0]);
      const char first = node.fn == Fn::kLower ? 'A' : 'a';
      for (char& c : text) c = c >= first && c < first + 26 ? static_cast<char>(c ^ 0x20) : c;  // of ASCII
      return Datum::Text(moment.texts->Keep(std::move(text)));
    }
    case Fn::kConcat: {
      std::string text;
      for (const uint32_t arg : node.args) {
        const Datum part = Value(arg, moment);
        if (!part.given()) return part;
        if (!part.texted()) return Datum::Error("a part is no text");
        text += TextIn(part);
      }
      return Datum::Text(moment.texts->Keep(std::move(text)));
    }
    case Fn::kHash: {
      if (!args[0].texted()) return Datum::Error("is no text");
      const Pseudonyms::Text& text = moment.pseudonyms->Of(TextIn(args[0]));
      return Datum::Text(moment.texts->Keep(std::string(text.data(), text.size())));
    }
    case Fn::kLookup: {
      if (!args[0].texted()) return Datum::Error("is no text");
      const auto word = node.words->find(TextIn(args[0]));
      return word == node.words->end() ? Datum() : Datum::Text(word->second);
    }
    case Fn::kWas:
      return args[1].kind == Kind::kAbsent && moment.old_is_partial ? args[0] : args[1];
    case Fn::kChanged:
      return Datum::Bool(Changed(node, moment, args[0], args[1]));
    case Fn::kBecomes:
      return Datum::Bool(Becomes(node, moment));
  }
  return {};
}

}  // namespace tidemark::mapping
