#include "pipeline/mapping/shape.h"

#include <array>
#include <utility>

namespace tidemark::mapping {
namespace {

Steps Of(std::initializer_list<const char*> names) {
  Steps steps;
  for (const char* name : names) steps.push_back({name, 0});
  return steps;
}

struct Word {
  MapShape shape;
  std::string_view word;
  Op op;
};

constexpr std::array<Word, 21> kWords = {{
    {MapShape::kDebezium, "c", Op::kCreate},
    {MapShape::kDebezium, "u", Op::kUpdate},
    {MapShape::kDebezium, "d", Op::kDelete},
    {MapShape::kDebezium, "r", Op::kSnapshot},
    {MapShape::kSalesforceCdc, "CREATE", Op::kCreate},
    {MapShape::kSalesforceCdc, "UPDATE", Op::kUpdate},
    {MapShape::kSalesforceCdc, "DELETE", Op::kDelete},
    {MapShape::kSalesforceCdc, "UNDELETE", Op::kCreate},
    {MapShape::kSalesforceCdc, "GAP_CREATE", Op::kGap},
    {MapShape::kSalesforceCdc, "GAP_UPDATE", Op::kGap},
    {MapShape::kSalesforceCdc, "GAP_DELETE", Op::kGap},
    {MapShape::kSalesforceCdc, "GAP_UNDELETE", Op::kGap},
    {MapShape::kSalesforceCdc, "GAP_OVERFLOW", Op::kGap},
    {MapShape::kMaxwell, "insert", Op::kCreate},
    {MapShape::kMaxwell, "update", Op::kUpdate},
    {MapShape::kMaxwell, "delete", Op::kDelete},
    {MapShape::kMaxwell, "bootstrap-insert", Op::kSnapshot},
    {MapShape::kDms, "insert", Op::kCreate},
    {MapShape::kDms, "update", Op::kUpdate},
    {MapShape::kDms, "delete", Op::kDelete},
    {MapShape::kDms, "load", Op::kSnapshot},
}};

}  // namespace

std::string_view ToString(Op op) {
  switch (op) {
    case Op::kEvent: return "event";
    case Op::kCreate: return "create";
    case Op::kUpdate: return "update";
    case Op::kUpsert: return "upsert";
    case Op::kDelete: return "delete";
    case Op::kSnapshot: return "snapshot";
    case Op::kGap: return "gap";
    case Op::kOther: return "other";
  }
  return "";
}

Shape ShapeOf(const MappingSpec& spec) {
  Shape shape;
  shape.prefixes = {spec.framing == MapFraming::kConnect ? Of({"payload"}) : Steps()};
  switch (spec.shape) {
    case MapShape::kEvent:
      shape.row = Steps();
      break;
    case MapShape::kRow:
      shape.row = Steps();
      shape.deleted = Of({"__deleted"});
      break;
    case MapShape::kDebezium:
      shape.prefixes = {Steps(), Of({"payload"})};  // with the converter's schema beside it or without
      shape.row = Of({"after"});
      shape.old = Of({"before"});
      shape.meta = Steps();
      shape.op = Of({"op"});
      break;
    case MapShape::kSalesforceCdc:
      shape.prefixes = {Steps(), Of({"payload"}), Of({"data", "payload"})};
      shape.row = Steps();
      shape.meta = Of({"ChangeEventHeader"});
      shape.op = Of({"ChangeEventHeader", "changeType"});
      shape.items = Of({"ChangeEventHeader", "recordIds"});
      shape.changed = Of({"ChangeEventHeader", "changedFields"});
      shape.nulled = Of({"ChangeEventHeader", "nulledFields"});
      shape.differing = Of({"ChangeEventHeader", "diffFields"});
      break;
    case MapShape::kPropertyChange:
      shape.meta = Steps();
      break;
    case MapShape::kMaxwell:
      shape.row = Of({"data"});
      shape.old = Of({"old"});
      shape.meta = Steps();
      shape.op = Of({"type"});
      shape.old_is_partial = true;
      break;
    case MapShape::kDms:
      shape.row = Of({"data"});
      shape.old = Of({"data"});
      shape.old_prefix = "BI_";
      shape.meta = Of({"metadata"});
      shape.op = Of({"metadata", "operation"});
      break;
  }
  if (spec.framing == MapFraming::kCloudEvents) {
    shape.row = Of({"data"});
    shape.meta = Steps();
    if (!shape.deleted.empty()) shape.deleted.insert(shape.deleted.begin(), {"data", 0});
  }
  return shape;
}

Op OpOf(MapShape shape, std::string_view word) {
  for (const Word& known : kWords) {
    if (known.shape == shape && known.word == word) return known.op;
  }
  return Op::kOther;
}

}  // namespace tidemark::mapping
