#include "pipeline/mapping/json.h"

#include <simdjson.h>

#include <cstring>
#include <vector>

#include "absl/container/inlined_vector.h"

namespace tidemark::mapping {
namespace {

namespace json = simdjson::ondemand;

constexpr size_t kKeyBytes = 256;  // of the key of an array read by key
constexpr size_t kKeyedCells = 6;  // of its elements, usually

// Where values of a tree go: the leaves of a record, or the cells of an element.
struct Target {
  Datum* leaves;
  Captures* captures;  // null in an element: arrays there are not looked into
};

class Walk {
 public:
  explicit Walk(const CapturePlan& plan) : plan_(plan) {}

  bool Object(json::object object, const CaptureNode& node, const Target& to) const {
    for (auto field : object) {
      std::string_view name;
      if (field.error() != simdjson::SUCCESS || field.unescaped_key().get(name) != simdjson::SUCCESS) return false;
      const CaptureNode* next = plan_.Member(node, name);
      if (next == nullptr) continue;
      json::value value;
      if (field.value().get(value) != simdjson::SUCCESS || !Value(value, *next, to)) return false;
    }
    return true;
  }

  bool Value(json::value value, const CaptureNode& node, const Target& to) const {
    json::json_type type;
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    if (type == json::json_type::object) {
      if (node.leaf != kNone) to.leaves[node.leaf] = Datum::Nested();
      json::object object;
      if (!node.leads_on()) return true;
      return value.get_object().get(object) == simdjson::SUCCESS && Object(object, node, to);
    }
    if (type == json::json_type::array) {
      if (node.leaf != kNone) to.leaves[node.leaf] = Datum::Nested();
      json::array array;
      if (!node.leads_on()) return true;
      return value.get_array().get(array) == simdjson::SUCCESS && Array(array, node, to);
    }
    if (node.leaf == kNone) return true;
    Datum scalar;
    if (!Scalar(value, type, &scalar)) return false;
    Put(scalar, &to.leaves[node.leaf]);
    return true;
  }

 private:
  static bool Scalar(json::value value, json::json_type type, Datum* out) {
    switch (type) {
      case json::json_type::string: {
        std::string_view text;
        if (value.get_string().get(text) != simdjson::SUCCESS) return false;
        *out = Datum::Text(text);
        return true;
      }
      case json::json_type::number: {
        std::string_view text = value.raw_json_token();
        while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
        *out = Datum::Number(text);
        return true;
      }
      case json::json_type::boolean: {
        bool truth = false;
        if (value.get_bool().get(truth) != simdjson::SUCCESS) return false;
        *out = Datum::Bool(truth);
        return true;
      }
      default: {
        bool null = false;
        if (value.is_null().get(null) != simdjson::SUCCESS || !null) return false;
        out->kind = Datum::Kind::kNull;
        return true;
      }
    }
  }

  bool Array(json::array array, const CaptureNode& node, const Target& to) const {
    if (node.elements != kNone && to.captures != nullptr) to.captures->arrays[node.elements].Clear();  // of two by one name the last counts
    size_t index = 0;
    for (auto element : array) {
      json::value value;
      if (element.get(value) != simdjson::SUCCESS || !Element(value, node, index++, to)) return false;
    }
    return true;
  }

  // An element is read once: one array has one use, which MapperCompiler sees to.
  bool Element(json::value value, const CaptureNode& node, size_t index, const Target& to) const {
    for (const auto& [at, next] : node.at) {
      if (at == index) return Value(value, plan_.nodes[next], to);
    }
    if (to.captures == nullptr) return true;
    if (node.elements != kNone) {
      const ArrayCapture& array = plan_.arrays[node.elements];
      Captures::Elements& elements = to.captures->arrays[node.elements];
      elements.cells.resize(elements.cells.size() + array.width);
      Datum* cells = elements.cells.data() + elements.count++ * array.width;
      return Value(value, plan_.nodes[array.root], {cells, nullptr});
    }
    return node.keyed == kNone || Keyed(value, plan_.keyed[node.keyed], to);
  }

  bool Keyed(json::value value, const KeyedCapture& keyed, const Target& to) const {
    absl::InlinedVector<Datum, kKeyedCells> cells(keyed.width);
    if (!Value(value, plan_.nodes[keyed.root], {cells.data(), nullptr})) return false;
    if (cells[0].kind != Datum::Kind::kText || cells[0].text.size() > kKeyBytes) return true;
    const auto wanted = keyed.leaves.find(cells[0].text);
    if (wanted == keyed.leaves.end()) return true;
    for (size_t v = 1; v < cells.size(); ++v) {
      if (!cells[v].given()) continue;
      to.leaves[wanted->second] = cells[v];
      break;
    }
    return true;
  }

  const CapturePlan& plan_;
};

}  // namespace

struct JsonReader::Parts {
  json::parser parser;
  std::vector<char> padded;
};

JsonReader::JsonReader() : parts_(std::make_unique<Parts>()) {}
JsonReader::~JsonReader() = default;

bool JsonReader::Read(std::string_view text, bool each, const CapturePlan& plan, Captures* captures, const std::function<void()>& visit) {
  std::vector<char>& padded = parts_->padded;
  if (padded.size() < text.size() + simdjson::SIMDJSON_PADDING) padded.resize(2 * text.size() + simdjson::SIMDJSON_PADDING);
  std::memcpy(padded.data(), text.data(), text.size());
  json::document document;
  json::json_type type;
  if (parts_->parser.iterate(padded.data(), text.size(), padded.size()).get(document) != simdjson::SUCCESS) return false;
  if (document.type().get(type) != simdjson::SUCCESS) return false;
  const Walk walk(plan);
  const auto record = [&](auto& value) {
    captures->Reset(plan);
    if (plan.nodes[0].leaf != kNone) captures->leaves[plan.nodes[0].leaf] = Datum::Nested();
    json::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return false;
    if (!walk.Object(object, plan.nodes[0], {captures->leaves.data(), captures})) return false;
    visit();
    return true;
  };
  if (each && type == json::json_type::array) {
    json::array array;
    if (document.get_array().get(array) != simdjson::SUCCESS) return false;
    for (auto element : array) {
      json::value value;
      if (element.get(value) != simdjson::SUCCESS || !record(value)) return false;
    }
  } else if (!record(document)) {
    return false;
  }
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;  // that was all
}

}  // namespace tidemark::mapping
