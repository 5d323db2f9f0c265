// What a source says of its records: shape, identity, time, and the events that they yield.
#include "config/mapping.h"

#include <algorithm>
#include <array>

#include "config/expression.h"
#include "config/map_expression.h"
#include "config/names.h"
#include "config/schemas.h"

namespace tidemark::config {
namespace {

constexpr size_t kMaxMapRules = 256, kMaxMapFields = 64, kMaxIdParts = 8, kMaxVersionParts = 3, kMaxListed = 10'000;

// A scalar that is a path of members, like value.int_value; "" after a mistake.
std::string Member(const Value& value) {
  const std::optional<std::string> text = value.Text();
  if (!text) return "";
  if (!IsFieldPath(*text)) value.Fail(Quoted(*text) + " is not the name of a member, like value.int_value");
  return *text;
}

void ReadShape(const Value& value, MappingSpec* mapping) {
  if (!value.is_map()) {
    static constexpr std::array<MapShape, 6> kShapes = {MapShape::kEvent, MapShape::kRow, MapShape::kDebezium, MapShape::kSalesforceCdc, MapShape::kMaxwell, MapShape::kDms};
    if (value.IsWord("property_change")) return value.Fail("says where the property is: {property_change: {name: propertyName, value: propertyValue}}");
    if (const auto shape = value.Choice({"event", "row", "debezium", "salesforce_cdc", "maxwell", "dms"})) mapping->shape = kShapes.at(*shape);
    return;
  }
  Map map = *Map::Open(value);
  mapping->shape = MapShape::kPropertyChange;
  if (const auto parts = map.Require("property_change")) {
    if (std::optional<Map> names = Map::Open(*parts)) {
      if (const auto name = names->Require("name")) mapping->property_name = Member(*name);
      if (const auto member = names->Require("value")) mapping->property_value = Member(*member);
      names->Finish();
    }
  }
  map.Finish();
}

void ReadLists(const Value& value, MapLists* lists) {
  if (!Map::Open(value)) return;
  for (const Node::Entry& entry : value.node().entries) {
    const Value list = value.Child(entry);
    if (const std::string why = WhyNotName(entry.key); !why.empty()) list.FailAt(value.PlaceOf(entry), why);
    if (list.node().items.size() > kMaxListed) list.Fail("more than " + std::to_string(kMaxListed) + " values");
    (*lists)[entry.key] = list.Texts().value_or(std::vector<std::string>());
  }
}

void ReadWords(const Value& value, std::map<std::string, std::map<std::string, std::string>>* words) {
  if (!Map::Open(value)) return;
  for (const Node::Entry& entry : value.node().entries) {
    const Value list = value.Child(entry);
    if (const std::string why = WhyNotName(entry.key); !why.empty()) list.FailAt(value.PlaceOf(entry), why);
    if (!Map::Open(list)) continue;
    if (list.node().entries.size() > kMaxListed) list.Fail("more than " + std::to_string(kMaxListed) + " words");
    auto& of = (*words)[entry.key];
    for (const Node::Entry& word : list.node().entries) of[word.key] = list.Child(word).Text().value_or("");
  }
}

void ReadKeyed(const Value& value, std::vector<MapKeyed>* maps) {
  if (!Map::Open(value)) return;
  for (const Node::Entry& entry : value.node().entries) {
    const Value child = value.Child(entry);
    MapKeyed keyed;
    keyed.name = entry.key;
    keyed.place = value.PlaceOf(entry);
    static constexpr std::array<std::string_view, 8> kTaken = {"row", "old", "key", "meta", "record", "item", "op", "root"};
    if (const std::string why = WhyNotName(entry.key); !why.empty()) child.FailAt(keyed.place, why);
    if (std::find(kTaken.begin(), kTaken.end(), entry.key) != kTaken.end()) child.FailAt(keyed.place, "has a meaning of its own in paths; take another name");
    if (std::optional<Map> map = Map::Open(child)) {
      if (const auto array = map->Require("array")) keyed.array = ParseMapPath(*array).value_or(MapPath());
      if (const auto key = map->Require("key")) keyed.key = Member(*key);
      if (const auto values = map->Require("value")) {
        for (const Value& item : values->Items()) keyed.values.push_back(Member(item));
        if (keyed.values.empty() || keyed.values.size() > kMaxIdParts) values->Fail("one to " + std::to_string(kMaxIdParts) + " members are wanted here");
      }
      map->Finish();
    }
    maps->push_back(std::move(keyed));
  }
}

// Of an id or a version.
std::vector<std::unique_ptr<MapExpr>> ReadParts(const Value& value, const MapLists& lists, size_t most) {
  std::vector<std::unique_ptr<MapExpr>> made;
  const std::vector<Value> parts = value.Items();
  if (parts.empty() || parts.size() > most) value.Fail("one to " + std::to_string(most) + " values are wanted here, like [row.id, row.version]");
  for (const Value& part : parts) {
    if (auto expr = ParseMapExpr(part, lists)) made.push_back(std::move(expr));
  }
  return made;
}

// A value alone, or {value: .., on_error: ..}.
MapField ReadMapField(const Value& value, const std::string& field, const Place& place, const MapLists& lists) {
  MapField out;
  out.field = field;
  out.place = place;
  if (!value.is_map()) {
    out.value = ParseMapExpr(value, lists);
    return out;
  }
  Map map = *Map::Open(value);
  if (const auto of = map.Require("value")) out.value = ParseMapExpr(*of, lists);
  if (const auto on_error = map.Take("on_error")) {
    if (on_error->IsWord("reject") || on_error->IsWord("absent")) {
      out.on_error = on_error->IsWord("absent") ? OnMapError::kAbsent : OnMapError::kReject;
    } else if (on_error->is_map()) {
      Map constant = *Map::Open(*on_error);
      out.on_error = OnMapError::kConstant;
      if (const auto is = constant.Require("constant")) {
        if (const auto expr = ParseMapExpr(*is, lists)) {
          if (expr->kind == MapExpr::Kind::kLiteral) {
            out.constant = expr->literals[0];
          } else {
            is->Fail("a literal is wanted here; text stands in quotes within the quotes of YAML: '\"unknown\"'");
          }
        }
      }
      constant.Finish();
    } else {
      on_error->Fail("reject, absent or {constant: ..} is wanted here");
    }
  }
  map.Finish();
  return out;
}

// once, carry, entity: what holds beyond one record.
void ReadFact(Map* map, MapRule* rule) {
  const auto once = map->Take("once");
  const auto carry = map->Take("carry");
  const auto entity = map->Take("entity");
  if (const auto within = map->Take("within")) {
    rule->within = within->Time(Duration(0), std::chrono::hours(24)).value_or(Duration(0));
    if (!carry) within->Fail("belongs to carry; leave it out");
  }
  const auto path = [](const Value& value) {
    const std::string text = value.Text().value_or("");
    if (!text.empty() && !IsFieldPath(text)) value.Fail(Quoted(text) + " is not a field like deal.id");
    return text;
  };
  if (once) {
    rule->once = true;
    const std::vector<Value> ids = once->Items();
    if (ids.size() != 1) return once->Fail("the field with the id of what it happens to once is wanted here, like [deal.id]");
    rule->entity = path(ids[0]);
    rule->entity_place = once->place();
    if (entity) entity->Fail("is what once says already; leave it out");
  } else if (entity) {
    rule->entity = path(*entity);
    rule->entity_place = entity->place();
    if (!carry) entity->Fail("belongs to carry; leave it out");
  }
  if (!carry) return;
  rule->carry_place = carry->place();
  const std::vector<Value> fields = carry->Items();
  if (fields.empty() || fields.size() > kMaxMapFields) carry->Fail("one to " + std::to_string(kMaxMapFields) + " fields are wanted here");
  for (const Value& field : fields) rule->carry.push_back(path(field));
  if (!once && !entity) carry->Fail("whose fields? Say once: [deal.id] where it happens once, else entity: deal.id");
}

MapRule ReadMapRule(const Value& value, const MapLists& lists) {
  MapRule rule;
  rule.place = value.place();
  std::optional<Map> map = Map::Open(value);
  if (!map) return rule;
  if (const auto emit = map->Require("emit")) {
    rule.emit = emit->Text().value_or("");
    rule.place = emit->place();
  }
  if (const auto when = map->Take("when")) rule.when = ParseMapExpr(*when, lists);
  if (const auto each = map->Take("each")) {
    rule.each = ParseMapPath(*each);
    rule.each_place = each->place();
  }
  if (const auto id = map->Take("id")) rule.id = ReadParts(*id, lists, kMaxIdParts);
  if (const auto time = map->Take("time")) rule.time = ParseMapExpr(*time, lists);
  if (const auto set = map->Take("set")) {
    if (Map::Open(*set)) {
      if (set->node().entries.size() > kMaxMapFields) set->Fail("more than " + std::to_string(kMaxMapFields) + " fields");
      for (const Node::Entry& entry : set->node().entries) {
        MapField field = ReadMapField(set->Child(entry), entry.key, set->PlaceOf(entry), lists);
        if (field.value != nullptr) rule.set.push_back(std::move(field));
      }
    }
  }
  ReadFact(&*map, &rule);
  map->Refuse({"version"});
  map->Finish();
  return rule;
}

// Records that are events as they are: the one rule that there is says so.
void ReadPayload(const Value& value, Map* map, bool shipped, MappingSpec* mapping) {
  MapRule& rule = mapping->rules.emplace_back();
  rule.whole = true;
  rule.place = value.place();
  rule.emit = value.Text().value_or("");
  if (!rule.emit.empty() && !IsFieldPath(rule.emit)) value.Fail(Quoted(rule.emit) + " is not an event type like checkout or parcel.sent");
  if (mapping->format != MapFormat::kProtobuf) value.Fail("is of Protobuf, whose fields have numbers; of other formats `events` say what becomes of records");
  if (shipped) value.Fail("takes records as they are, and `use` has rules for them; leave one out");
  static constexpr std::array<std::string_view, 7> kOfRules = {"events", "ignore", "shape", "each", "maps", "lists", "words"};
  for (const std::string_view key : kOfRules) map->Refuse(key, "beside `payload`, which takes records as they are: KPIs have `where`; for more write `events` alone");
}

}  // namespace

std::shared_ptr<const MappingSpec> ReadMapping(Map* map, Map* shipped, const Place& place, std::vector<ReadFile>* files) {
  auto mapping = std::make_shared<MappingSpec>();
  mapping->place = place;
  const auto take = [&](std::string_view key) {
    std::optional<Value> theirs = shipped != nullptr ? shipped->Take(key) : std::nullopt;
    std::optional<Value> own = map->Take(key);
    return own ? std::move(own) : std::move(theirs);
  };
  const auto both = [&](std::string_view key, auto read) {
    if (shipped != nullptr) {
      if (const auto theirs = shipped->Take(key)) read(*theirs);
    }
    if (const auto own = map->Take(key)) read(*own);
  };
  if (const auto format = take("format")) {
    if (const auto choice = format->Choice({"json", "avro", "protobuf"})) mapping->format = static_cast<MapFormat>(*choice);
  }
  const auto framing = take("framing");
  if (framing) {
    if (const auto choice = framing->Choice({"raw", "connect", "confluent", "cloudevents", "headers"})) mapping->framing = static_cast<MapFraming>(*choice);
    if (mapping->framing == MapFraming::kConnect && mapping->format != MapFormat::kJson) framing->Fail("{schema, payload} is of JSON alone");
  }
  if (const auto payload = map->Take("payload")) ReadPayload(*payload, map, shipped != nullptr, mapping.get());
  ReadSchemas(map, mapping.get(), files);
  if (mapping->framing == MapFraming::kHeaders && !mapping->numbers_schemas()) framing->Fail("JSON needs no schema: without framing it is read as it is");
  if (const auto shape = take("shape")) ReadShape(*shape, mapping.get());
  if (const auto on_gap = take("on_gap")) {
    if (const auto choice = on_gap->Choice({"coverage", "count"})) mapping->on_gap = static_cast<OnGap>(*choice);
    if (mapping->shape != MapShape::kSalesforceCdc) on_gap->Fail("only records of the shape salesforce_cdc tell of what was lost");
  }
  if (const auto each = take("each")) {
    if (each->IsWord("root")) {
      mapping->each_root = true;
    } else {
      each->Fail("only `root` is wanted here: the value of a record is an array of records; arrays in it stand at `each` of a rule");
    }
  }
  if (mapping->framing == MapFraming::kCloudEvents) {
    if (mapping->shape != MapShape::kEvent && mapping->shape != MapShape::kRow) framing->Fail("cloudevents goes with the shapes event and row: `meta` are its attributes, and other shapes have a `meta` of their own");
    if (mapping->each_root) framing->Fail("cloudevents takes batches as they come: leave out `each`");
  }
  both("lists", [&](const Value& value) { ReadLists(value, &mapping->lists); });
  both("words", [&](const Value& value) { ReadWords(value, &mapping->words); });
  if (const auto maps = take("maps")) ReadKeyed(*maps, &mapping->maps);
  if (const auto id = take("id")) mapping->id = ReadParts(*id, mapping->lists, kMaxIdParts);
  if (const auto time = take("time")) mapping->time = ParseMapExpr(*time, mapping->lists);
  if (const auto version = take("version")) mapping->version = ReadParts(*version, mapping->lists, kMaxVersionParts);
  if (const auto ignore = take("ignore")) mapping->ignore = ParseMapExpr(*ignore, mapping->lists);
  if (!mapping->rules.empty()) return mapping;
  const auto events = shipped != nullptr ? take("events") : map->Require("events");
  if (events && !events->is_list()) {
    events->Fail("a list of rules is wanted here, like [{emit: lead.created, set: {lead.id: row.id}}]");
  } else if (events && events->node().items.size() > kMaxMapRules) {
    events->Fail("more than " + std::to_string(kMaxMapRules) + " rules");
  } else if (events) {
    for (const Value& rule : events->Items()) mapping->rules.push_back(ReadMapRule(rule, mapping->lists));
  }
  return mapping;
}

}  // namespace tidemark::config
