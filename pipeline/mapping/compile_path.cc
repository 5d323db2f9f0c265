// Where the paths of a mapping lead in a record.
#include <google/protobuf/descriptor.h>

#include <algorithm>

#include "pipeline/base/nearest.h"
#include "pipeline/mapping/cloud_events.h"
#include "pipeline/mapping/compile.h"
#include "pipeline/mapping/own_event.h"

namespace tidemark {

using mapping::kNone;
using mapping::Source;

namespace {

const std::vector<std::string>& Roots() {
  static const std::vector<std::string> kRoots = {"row", "old", "key", "meta", "record", "item"};
  return kRoots;
}

std::vector<MapPath::Step> Dotted(const std::string& path) {
  std::vector<MapPath::Step> steps;
  for (size_t at = 0; at <= path.size();) {
    const size_t dot = std::min(path.find('.', at), path.size());
    steps.push_back({path.substr(at, dot - at), 0});
    at = dot + 1;
  }
  return steps;
}

std::string AsName(const std::vector<MapPath::Step>& steps) {
  std::string name;
  for (const MapPath::Step& step : steps) name += (name.empty() ? "" : ".") + (step.name.empty() ? std::to_string(step.index) : step.name);
  return name;
}

}  // namespace

std::string MapPath::ToString() const {
  std::string text = root;
  for (const Step& step : steps) text += step.name.empty() ? "[" + std::to_string(step.index) + "]" : "." + step.name;
  return text;
}

MapperCompiler::Steps MapperCompiler::Joined(Steps base, const Steps& more) {
  base.insert(base.end(), more.begin(), more.end());
  return base;
}

uint32_t MapperCompiler::LeafAt(mapping::CapturePlan* plan, uint32_t node, uint32_t* leaves) {
  uint32_t& leaf = plan->nodes[node].leaf;
  if (leaf == kNone) leaf = (*leaves)++;
  return leaf;
}

uint32_t MapperCompiler::Leaf(const Steps& steps) {
  mapping::CapturePlan& plan = made_->captures;
  uint32_t leaf = kNone;
  for (const Steps& prefix : made_->shape.prefixes) {
    const uint32_t node = plan.At(0, Joined(prefix, steps));
    if (leaf == kNone) {
      leaf = LeafAt(&plan, node, &plan.leaves);
    } else {
      plan.nodes[node].leaf = leaf;
    }
  }
  return leaf;
}

uint32_t MapperCompiler::Array(const Steps& steps) {
  mapping::CapturePlan& plan = made_->captures;
  uint32_t array = kNone;
  for (const Steps& prefix : made_->shape.prefixes) {
    const uint32_t node = plan.At(0, Joined(prefix, steps));
    if (plan.nodes[node].elements != kNone) array = plan.nodes[node].elements;
    if (array == kNone) {
      array = static_cast<uint32_t>(plan.arrays.size());
      plan.arrays.push_back({static_cast<uint32_t>(plan.nodes.size()), 0});
      plan.nodes.emplace_back();
    }
    plan.nodes[node].elements = array;
  }
  return array;
}

void MapperCompiler::Shape() {
  made_->shape = mapping::ShapeOf(spec_);
  const mapping::Shape& shape = made_->shape;
  const auto names = [&](const Steps& steps) {
    const uint32_t array = Array(steps);
    mapping::ArrayCapture& capture = made_->captures.arrays[array];
    LeafAt(&made_->captures, capture.root, &capture.width);
    return array;
  };
  if (!shape.op.empty()) made_->op = Leaf(shape.op);
  if (!shape.deleted.empty()) made_->deleted = Leaf(shape.deleted);
  if (!shape.items.empty()) made_->items = names(shape.items);
  if (!shape.changed.empty()) made_->changed = names(shape.changed);
  if (!shape.nulled.empty()) {
    made_->nulled = names(shape.nulled);
    made_->differing = names(shape.differing);
    made_->captures.positions = {made_->changed, made_->nulled, made_->differing};
    made_->captures.places.assign(shape.prefixes.rbegin(), shape.prefixes.rend());  // the innermost first: the outermost is always a record
  }
  if (shape.old && shape.old_prefix.empty()) made_->old_row = Leaf(*shape.old);
  if (spec_.shape == MapShape::kPropertyChange) made_->property = Leaf(Dotted(spec_.property_name));
  if (spec_.framing == MapFraming::kHeaders) made_->wants_headers = true;
  if (spec_.framing == MapFraming::kCloudEvents) {
    made_->data_base64 = Leaf({{"data_base64", 0}});
    made_->wants_headers = true;
  }
}

void MapperCompiler::CheckArrays() {
  for (const mapping::CaptureNode& node : made_->captures.nodes) {
    const int uses = (node.elements != kNone ? 1 : 0) + (node.keyed != kNone ? 1 : 0) + (node.at.empty() ? 0 : 1);
    if (uses > 1) Fail(spec_.place, "events", "an array is read in two ways: by `each`, by key (`maps`) or by position; one of them");
  }
}

std::optional<MapperCompiler::Steps> MapperCompiler::BaseOf(const MapPath& path, const Place& place, const std::string& what) {
  const mapping::Shape& shape = made_->shape;
  std::optional<Steps> base;
  if (path.root == "row") base = shape.row;
  if (path.root == "old") base = shape.old;
  if (path.root == "meta") base = shape.meta;
  if (base) return base;
  Fail(place, what, path.ToString() + ": records of this shape have no `" + path.root + "`");
  return std::nullopt;
}

std::optional<Source> MapperCompiler::InRow(const MapExpr& expr, const Steps& base, const std::string& what) {
  const MapPath& path = expr.path;
  Steps steps = path.steps;
  if (path.root == "old" && !made_->shape.old_prefix.empty()) {
    if (steps.empty()) {
      Fail(expr.place, what, "old itself is no value here; name a field of it");
      return std::nullopt;
    }
    steps[0].name = made_->shape.old_prefix + steps[0].name;
  }
  const uint32_t leaf = Leaf(Joined(base, steps));
  if (path.root == "row" && made_->nulled != kNone && !steps.empty()) {
    const std::pair<uint32_t, std::string> named(leaf, AsName(steps));
    auto& leaves = made_->row_leaves;  // once each: they are gone through with every record
    if (std::find(leaves.begin(), leaves.end(), named) == leaves.end()) leaves.push_back(named);
  }
  return Source{Source::Kind::kLeaf, leaf, {}};
}

std::optional<Source> MapperCompiler::OfRecord(const MapExpr& expr, const std::string& what) {
  static const std::vector<std::pair<std::string, Source::Kind>> kParts = {{"topic", Source::Kind::kTopic},
                                                                           {"partition", Source::Kind::kPartition},
                                                                           {"offset", Source::Kind::kOffset},
                                                                           {"timestamp", Source::Kind::kTimestamp}};
  for (const auto& [name, kind] : kParts) {
    if (expr.path.steps.size() != 1 || expr.path.steps[0].name != name) continue;
    made_->wants_headers = true;  // of a record that was sent again
    return Source{kind, 0, {}};
  }
  if (!expr.path.steps.empty() && expr.path.steps[0].name == "headers") {
    if (expr.path.steps.size() == 2 && !expr.path.steps[1].name.empty()) {
      made_->wants_headers = true;
      return Source{Source::Kind::kHeader, 0, {}, expr.path.steps[1].name};
    }
    Fail(expr.place, what, expr.path.ToString() + " names no header; write record.headers.NAME, and in quotes what isn't one word: record.headers.\"x-shopify-topic\"");
    return std::nullopt;
  }
  Fail(expr.place, what, expr.path.ToString() + " is nothing; there are record.topic, record.partition, record.offset, record.timestamp, record.headers.NAME");
  return std::nullopt;
}

std::optional<Source> MapperCompiler::Attribute(const MapExpr& expr, const std::string& what) {
  if (expr.path.steps.size() != 1 || expr.path.steps[0].name.empty()) {
    Fail(expr.place, what, expr.path.ToString() + " is no attribute of a CloudEvent; write meta.NAME, like meta.type");
    return std::nullopt;
  }
  const uint32_t leaf = Leaf(expr.path.steps);
  const bool known = std::any_of(made_->attributes.begin(), made_->attributes.end(), [&](const auto& attribute) { return attribute.second == leaf; });
  if (!known) made_->attributes.emplace_back(mapping::CloudHeader(expr.path.steps[0].name), leaf);
  return Source{Source::Kind::kLeaf, leaf, {}};
}

std::optional<Source> MapperCompiler::Keyed(const MapKeyed& keyed, const MapExpr& expr, const std::string& what) {
  if (expr.path.steps.empty()) {
    Fail(expr.place, what, keyed.name + " itself is no value; write " + keyed.name + ".KEY");
    return std::nullopt;
  }
  mapping::CapturePlan& plan = made_->captures;
  const Steps steps = Joined(*BaseOf(keyed.array, keyed.place, what), keyed.array.steps);  // which was looked at
  uint32_t index = kNone;
  for (const Steps& prefix : made_->shape.prefixes) {
    const uint32_t node = plan.At(0, Joined(prefix, steps));
    if (plan.nodes[node].keyed != kNone) index = plan.nodes[node].keyed;
    if (index == kNone) {
      index = static_cast<uint32_t>(plan.keyed.size());
      mapping::KeyedCapture capture;
      capture.map = keyed.name;
      capture.root = static_cast<uint32_t>(plan.nodes.size());
      plan.nodes.emplace_back();
      std::vector<std::string> parts = keyed.values;
      parts.insert(parts.begin(), keyed.key);
      for (const std::string& part : parts) LeafAt(&plan, plan.At(capture.root, Dotted(part)), &capture.width);
      plan.keyed.push_back(std::move(capture));
    }
    plan.nodes[node].keyed = index;
  }
  if (plan.keyed[index].map != keyed.name) {
    Fail(keyed.place, what, keyed.name + " reads the array that " + plan.keyed[index].map + " reads; make one of them");
    return std::nullopt;
  }
  const auto [leaf, added] = plan.keyed[index].leaves.try_emplace(AsName(expr.path.steps), plan.leaves);
  plan.leaves += added ? 1 : 0;
  return Source{Source::Kind::kLeaf, leaf->second, {}};
}

void MapperCompiler::CheckOwn(const MapExpr& expr, const std::string& what, std::map<std::string, std::string>* signatures) {
  for (const auto& arg : expr.args) CheckOwn(*arg, what, signatures);
  if (expr.kind != MapExpr::Kind::kPath || expr.path.root != "row") return;
  const Result<std::string> signature = mapping::SignatureOf(made_->own.payload, expr.path);
  if (!signature.ok()) return Fail(expr.place, what, signature.status().text());
  (*signatures)[expr.path.ToString()] = *signature;
}

void MapperCompiler::Own(const MapRule& rule) {
  const std::optional<EventTypeId> type = schema_.FindType(rule.emit);
  if (!type) return;  // told by the rule
  made_->own = schema_.event_types()[type->v];
  std::map<std::string, std::string> signatures;
  for (const auto& part : spec_.id) CheckOwn(*part, "id", &signatures);
  if (spec_.time != nullptr) CheckOwn(*spec_.time, "time", &signatures);
  for (const auto& part : spec_.version) CheckOwn(*part, "version", &signatures);
  made_->own_identity = made_->own.payload->full_name();
  for (const auto& [path, signature] : signatures) made_->own_identity += ";" + signature;
}

std::optional<Source> MapperCompiler::SourceOf(const MapExpr& expr, const std::string& what) {
  const MapPath& path = expr.path;
  for (const MapKeyed& keyed : spec_.maps) {
    if (keyed.name == path.root) return Keyed(keyed, expr, what);
  }
  if (path.root == "record") return OfRecord(expr, what);
  if (path.root == "key") {
    mapping::CapturePlan& plan = made_->key;
    const uint32_t leaf = LeafAt(&plan, plan.At(0, path.steps), &plan.leaves);
    // Kafka Connect's converter may put the key, too, beside its schema.
    if (!path.steps.empty()) plan.nodes[plan.At(0, Joined({{"payload", 0}}, path.steps))].leaf = leaf;
    return Source{Source::Kind::kKey, leaf, {}};
  }
  if (path.root == "item") {
    if (element_ != kNone) {
      mapping::CapturePlan& plan = made_->captures;
      const uint32_t node = plan.At(plan.arrays[element_].root, path.steps);
      return Source{Source::Kind::kCell, LeafAt(&plan, node, &plan.arrays[element_].width), {}};
    }
    if (made_->items != kNone && path.steps.empty()) return Source{Source::Kind::kItem, 0, {}};
    Fail(expr.place, what, path.ToString() + ": there is an item only where a rule has `each`" + (made_->items != kNone ? "; the record's entity is `item` alone" : ""));
    return std::nullopt;
  }
  if (path.root == "meta" && spec_.framing == MapFraming::kCloudEvents) return Attribute(expr, what);
  if (path.root == "row" && spec_.shape == MapShape::kPropertyChange) {
    if (path.steps.empty()) {
      Fail(expr.place, what, "row itself is no value here; write row.PROPERTY");
      return std::nullopt;
    }
    return Source{Source::Kind::kLeaf, Leaf(Dotted(spec_.property_value)), AsName(path.steps)};
  }
  if (std::find(Roots().begin(), Roots().end(), path.root) == Roots().end()) {
    std::vector<std::string> known = Roots();
    for (const MapKeyed& keyed : spec_.maps) known.push_back(keyed.name);
    const std::string nearest = Nearest(path.root, known);
    Fail(expr.place, what, path.ToString() + " begins with none of row, old, key, meta, record, item" + (spec_.maps.empty() ? "" : " or the names of `maps`") +
                               (nearest.empty() ? "" : "; did you mean " + nearest + "?"));
    return std::nullopt;
  }
  const std::optional<Steps> base = BaseOf(path, expr.place, what);
  return base ? InRow(expr, *base, what) : std::nullopt;
}

}  // namespace tidemark
