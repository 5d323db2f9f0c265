#include "pipeline/mapping/avro_schema.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "pipeline/base/decimal.h"
#include "pipeline/mapping/numbers.h"

namespace tidemark::mapping {
namespace {

namespace dom = simdjson::dom;
using Kind = AvroType::Kind;

constexpr size_t kMaxSchemaBytes = 8 << 20, kMaxTypes = 20'000, kMaxReferences = 200;
constexpr uint64_t kMaxFields = 20'000;  // values without a byte between them, at most: of a record and those directly in it

struct Primitive {
  std::string_view name;
  Kind kind;
};
constexpr std::array<Primitive, 8> kPrimitives = {{{"null", Kind::kNull},
                                                   {"boolean", Kind::kBoolean},
                                                   {"int", Kind::kInt},
                                                   {"long", Kind::kLong},
                                                   {"float", Kind::kFloat},
                                                   {"double", Kind::kDouble},
                                                   {"bytes", Kind::kBytes},
                                                   {"string", Kind::kString}}};

// Names of integers that are times: logical types of Avro's, and what connectors call them.
struct TimeName {
  std::string_view name;
  Unit unit;
  bool local;
};
constexpr std::array<TimeName, 7> kLogicalTimes = {{{"timestamp-millis", Unit::kMillis, false},
                                                    {"timestamp-micros", Unit::kMicros, false},
                                                    {"timestamp-nanos", Unit::kNanos, false},
                                                    {"local-timestamp-millis", Unit::kMillis, true},
                                                    {"local-timestamp-micros", Unit::kMicros, true},
                                                    {"local-timestamp-nanos", Unit::kNanos, true},
                                                    {"date", Unit::kDays, false}}};
constexpr std::array<TimeName, 4> kConnectTimes = {{{"io.debezium.time.Timestamp", Unit::kMillis, true},
                                                    {"io.debezium.time.MicroTimestamp", Unit::kMicros, true},
                                                    {"io.debezium.time.NanoTimestamp", Unit::kNanos, true},
                                                    {"io.debezium.time.Date", Unit::kDays, false}}};

std::string_view Text(dom::object object, const char* key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

std::string Shown(std::string_view name) { return "\"" + std::string(name.substr(0, 100)) + "\""; }

class Parser {
 public:
  Status Add(const WriterSchema& schema, int depth) {
    if (schema.kind != WriterSchema::Kind::kAvro) return Invalid("isn't Avro");
    if (depth > kMaxAvroDepth) return Invalid("its references are nested too deep");
    for (const auto& [name, reference] : schema.references) {
      if (!seen_.insert(name).second) continue;
      if (seen_.size() > kMaxReferences) return Invalid("has more than " + std::to_string(kMaxReferences) + " references");
      TM_RETURN_IF_ERROR(Add(reference, depth + 1));
    }
    if (schema.text.size() > kMaxSchemaBytes) return Invalid("its schema is larger than 8 MiB");
    dom::parser parser;
    dom::element element;
    if (parser.parse(schema.text).get(element) != simdjson::SUCCESS) {
      // A name alone is a schema, too.
      std::string_view bare = schema.text;
      while (!bare.empty() && bare.back() <= ' ') bare.remove_suffix(1);
      TM_ASSIGN_OR_RETURN(made_.root, Named(bare, ""));
      return Status::Ok();
    }
    TM_ASSIGN_OR_RETURN(made_.root, Type(element, "", 0));
    return Status::Ok();
  }

  Result<AvroSchema> Finish() {
    std::vector<Sum> sums(made_.types.size());
    for (uint32_t t = 0; t < made_.types.size(); ++t) {
      TM_RETURN_IF_ERROR(SumUp(t, 0, &sums));
      made_.types[t].least = sums[t].least;
    }
    return std::move(made_);
  }

 private:
  // Of a value: bytes and values that there are at least, as far as no byte says how many there are.
  struct Sum {
    enum class State : uint8_t { kNew, kBegun, kDone } state = State::kNew;
    uint64_t least = 0, values = 0;
  };

  Status SumUp(uint32_t index, int depth, std::vector<Sum>* sums) {
    Sum& sum = (*sums)[index];
    if (sum.state == Sum::State::kDone) return Status::Ok();
    if (sum.state == Sum::State::kBegun) return Invalid("a record is always in itself");
    if (depth > kMaxAvroDepth) return Invalid("its records are nested deeper than " + std::to_string(kMaxAvroDepth));
    sum.state = Sum::State::kBegun;
    const AvroType& type = made_.types[index];
    sum.values = 1;
    switch (type.kind) {
      case Kind::kNull: break;
      case Kind::kFloat: sum.least = 4; break;
      case Kind::kDouble: sum.least = 8; break;
      case Kind::kFixed: sum.least = type.size; break;
      case Kind::kRecord:
        for (const uint32_t part : type.parts) {
          TM_RETURN_IF_ERROR(SumUp(part, depth + 1, sums));
          sum.least += (*sums)[part].least;
          sum.values += (*sums)[part].values;
          if (sum.values > kMaxFields) return Invalid("a record has more than " + std::to_string(kMaxFields) + " values");
        }
        break;
      default: sum.least = 1; break;
    }
    sum.state = Sum::State::kDone;
    return Status::Ok();
  }

  Result<uint32_t> New(Kind kind) {
    if (made_.types.size() >= kMaxTypes) return Invalid("has more than " + std::to_string(kMaxTypes) + " types");
    made_.types.emplace_back().kind = kind;
    return static_cast<uint32_t>(made_.types.size() - 1);
  }

  Result<uint32_t> Named(std::string_view name, const std::string& space) {
    for (const Primitive& primitive : kPrimitives) {
      if (primitive.name == name) return New(primitive.kind);
    }
    std::string full(name);
    if (name.find('.') == std::string_view::npos && !space.empty()) full = space + "." + full;
    auto found = named_.find(full);
    if (found == named_.end()) found = named_.find(name);
    if (found == named_.end()) return Invalid(Shown(name) + " is no type of it");
    return found->second;
  }

  Result<uint32_t> Type(dom::element element, const std::string& space, int depth) {
    if (depth > kMaxAvroDepth) return Invalid("its types are nested deeper than " + std::to_string(kMaxAvroDepth));
    std::string_view name;
    dom::array branches;
    dom::object object;
    if (element.get(name) == simdjson::SUCCESS) return Named(name, space);
    if (element.get(branches) == simdjson::SUCCESS) return Union(branches, space, depth);
    if (element.get(object) != simdjson::SUCCESS) return Invalid("a type is a name, a list or an object");
    dom::element inner;
    if (object["type"].get(inner) != simdjson::SUCCESS) return Invalid("an object without `type`");
    if (inner.get(name) != simdjson::SUCCESS) return Type(inner, space, depth + 1);
    if (name == "record" || name == "error") return Record(object, space, depth);
    if (name == "enum") return Enum(object, space);
    if (name == "fixed") return Fixed(object, space);
    if (name == "array" || name == "map") {
      TM_ASSIGN_OR_RETURN(const uint32_t made, New(name == "array" ? Kind::kArray : Kind::kMap));
      dom::element items;
      if (object[name == "array" ? "items" : "values"].get(items) != simdjson::SUCCESS) return Invalid(name == "array" ? "an array of nothing" : "a map of nothing");
      TM_ASSIGN_OR_RETURN(const uint32_t part, Type(items, space, depth + 1));
      made_.types[made].parts = {part};
      return made;
    }
    TM_ASSIGN_OR_RETURN(const uint32_t made, Named(name, space));
    if (made_.types[made].kind != Kind::kFixed) Meaning(object, &made_.types[made]);
    return made;
  }

  Result<uint32_t> Union(dom::array branches, const std::string& space, int depth) {
    TM_ASSIGN_OR_RETURN(const uint32_t made, New(Kind::kUnion));
    std::vector<uint32_t> parts;
    for (const dom::element branch : branches) {
      TM_ASSIGN_OR_RETURN(const uint32_t part, Type(branch, space, depth + 1));
      parts.push_back(part);
    }
    made_.types[made].parts = std::move(parts);
    return made;
  }

  // A type with a name of its own, and the namespace that its insides are in.
  Result<uint32_t> Define(Kind kind, dom::object object, const std::string& space, std::string* inside) {
    const std::string_view name = Text(object, "name");
    if (name.empty()) return Invalid("a type without a name");
    std::string_view in;
    std::string full(name);
    *inside = space;
    if (name.find('.') != std::string_view::npos) {
      *inside = name.substr(0, name.rfind('.'));
    } else {
      if (object["namespace"].get(in) == simdjson::SUCCESS) *inside = in;
      if (!inside->empty()) full = *inside + "." + full;
    }
    TM_ASSIGN_OR_RETURN(const uint32_t made, New(kind));
    if (!named_.emplace(full, made).second) return Invalid(Shown(full) + " is there twice");
    if (full == "io.debezium.data.VariableScaleDecimal") made_.types[made].variable_scale = true;
    return made;
  }

  Result<uint32_t> Record(dom::object object, const std::string& space, int depth) {
    std::string inside;
    TM_ASSIGN_OR_RETURN(const uint32_t made, Define(Kind::kRecord, object, space, &inside));
    dom::array fields;
    if (object["fields"].get(fields) != simdjson::SUCCESS) return Invalid("a record without `fields`");
    for (const dom::element element : fields) {
      dom::object field;
      dom::element type;
      if (element.get(field) != simdjson::SUCCESS || Text(field, "name").empty()) return Invalid("a field without a name");
      const std::string name(Text(field, "name"));
      if (field["type"].get(type) != simdjson::SUCCESS) return Invalid("field " + Shown(name) + " has no type");
      Result<uint32_t> part = Type(type, inside, depth + 1);
      if (!part.ok()) return Invalid(name.substr(0, 100) + ": " + part.status().text());
      made_.types[made].names.push_back(name);
      made_.types[made].parts.push_back(*part);
    }
    return made;
  }

  Result<uint32_t> Enum(dom::object object, const std::string& space) {
    std::string inside;
    TM_ASSIGN_OR_RETURN(const uint32_t made, Define(Kind::kEnum, object, space, &inside));
    dom::array symbols;
    if (object["symbols"].get(symbols) != simdjson::SUCCESS) return Invalid("an enum without `symbols`");
    for (const dom::element element : symbols) {
      std::string_view symbol;
      if (element.get(symbol) != simdjson::SUCCESS) return Invalid("a symbol that is no text");
      made_.types[made].names.emplace_back(symbol);
    }
    return made;
  }

  Result<uint32_t> Fixed(dom::object object, const std::string& space) {
    std::string inside;
    TM_ASSIGN_OR_RETURN(const uint32_t made, Define(Kind::kFixed, object, space, &inside));
    uint64_t size = 0;
    if (object["size"].get(size) != simdjson::SUCCESS || size > INT32_MAX) return Invalid("a `fixed` without a size");
    made_.types[made].size = static_cast<uint32_t>(size);
    Meaning(object, &made_.types[made]);
    return made;
  }

  // A logical type that isn't right is none, as Avro has it.
  static void Meaning(dom::object object, AvroType* type) {
    const std::string_view logical = Text(object, "logicalType"), connect = Text(object, "connect.name");
    const auto time = [&](std::string_view name, const auto& known) {
      const auto is = std::find_if(known.begin(), known.end(), [&](const TimeName& t) { return t.name == name; });
      if (is == known.end() || type->unit != Unit::kNone) return;
      type->unit = is->unit;
      type->local = is->local;
    };
    if (type->kind == Kind::kInt || type->kind == Kind::kLong) {
      time(connect, kConnectTimes);
      time(logical, kLogicalTimes);
    }
    if ((type->kind == Kind::kBytes || type->kind == Kind::kFixed) && logical == "decimal") {
      int64_t precision = 0, scale = 0;
      if (object["precision"].get(precision) != simdjson::SUCCESS || precision < 1) return;
      if (object["scale"].get(scale) != simdjson::SUCCESS) scale = 0;
      if (scale >= 0 && scale <= std::min<int64_t>(precision, kMostDigits)) type->scale = static_cast<int>(scale);
    }
  }

  AvroSchema made_;
  std::map<std::string, uint32_t, std::less<>> named_;  // by full name
  std::set<std::string> seen_;                          // references
};

}  // namespace

Result<AvroSchema> AvroSchema::Parse(const WriterSchema& schema) {
  Parser parser;
  TM_RETURN_IF_ERROR(parser.Add(schema, 0));
  return parser.Finish();
}

}  // namespace tidemark::mapping
