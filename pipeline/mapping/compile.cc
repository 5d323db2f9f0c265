#include "pipeline/mapping/compile.h"

#include <absl/time/time.h>

#include <algorithm>
#include <array>

#include "pipeline/mapping/own_event.h"
#include "pipeline/mapping/reader.h"

namespace tidemark {

using mapping::Fn;
using mapping::kNone;
using mapping::Node;

namespace {

struct Function {
  std::string_view name;
  Fn fn;
  size_t least, most;  // arguments
  std::string_view like;
};

constexpr std::array<Function, 20> kFunctions = {{
    {"s", Fn::kSeconds, 1, 1, "s(row.created)"},
    {"ms", Fn::kMillis, 1, 1, "ms(row.created)"},
    {"us", Fn::kMicros, 1, 1, "us(row.created)"},
    {"ns", Fn::kNanos, 1, 1, "ns(row.created)"},
    {"days", Fn::kDays, 1, 1, "days(row.created)"},
    {"iso", Fn::kIso, 1, 1, "iso(row.created)"},
    {"local", Fn::kLocal, 1, 1, "local(row.created, \"Europe/Berlin\")"},
    {"decimal", Fn::kDecimal, 1, 1, "decimal(row.amount)"},
    {"minor", Fn::kMinor, 2, 2, "minor(row.amount, row.currency)"},
    {"b64", Fn::kBase64, 2, 2, "b64(row.amount, 2)"},
    {"negate", Fn::kNegate, 1, 1, "negate(row.amount)"},
    {"product", Fn::kProduct, 2, 2, "product(item.price, item.quantity)"},
    {"lower", Fn::kLower, 1, 1, "lower(row.email)"},
    {"upper", Fn::kUpper, 1, 1, "upper(row.currency)"},
    {"concat", Fn::kConcat, 2, 16, "concat(row.a, \"/\", row.b)"},
    {"hash", Fn::kHash, 1, 1, "hash(row.email)"},
    {"lookup", Fn::kLookup, 1, 1, "lookup(stages, row.stage)"},
    {"changed", Fn::kChanged, 1, 1, "changed(row.stage)"},
    {"was", Fn::kWas, 1, 1, "was(row.stage)"},
    {"becomes", Fn::kBecomes, 1, 1, "becomes(row.stage, \"won\")"},
}};

const Function* Find(std::string_view name) {
  const auto found = std::find_if(kFunctions.begin(), kFunctions.end(), [&](const Function& f) { return f.name == name; });
  return found == kFunctions.end() ? nullptr : &*found;
}

bool GivesTime(Fn fn) {
  return fn == Fn::kSeconds || fn == Fn::kMillis || fn == Fn::kMicros || fn == Fn::kNanos || fn == Fn::kDays || fn == Fn::kIso || fn == Fn::kLocal;
}

}  // namespace

uint32_t MapperCompiler::Add(Node node) {
  made_->program.nodes.push_back(std::move(node));
  return static_cast<uint32_t>(made_->program.nodes.size() - 1);
}

uint32_t MapperCompiler::AddPath(const MapExpr& path, const std::string& what) {
  Node node;
  if (const auto source = SourceOf(path, what)) node.source = *source;
  return Add(std::move(node));
}

bool MapperCompiler::IsCondition(const MapExpr& expr) {
  using Kind = MapExpr::Kind;
  switch (expr.kind) {
    case Kind::kCompare:
    case Kind::kIn:
    case Kind::kHas:
    case Kind::kAnd:
    case Kind::kOr:
    case Kind::kNot:
      return true;
    case Kind::kCall:
      return expr.name == "changed" || expr.name == "becomes";
    default:
      return false;
  }
}

bool MapperCompiler::IsTime(const MapExpr& expr) {
  if (expr.kind == MapExpr::Kind::kFirst) return std::all_of(expr.args.begin(), expr.args.end(), [](const auto& arg) { return IsTime(*arg); });
  if (expr.kind == MapExpr::Kind::kPath) return expr.path.root == "record" && expr.path.steps.size() == 1 && expr.path.steps[0].name == "timestamp";
  const Function* function = expr.kind == MapExpr::Kind::kCall ? Find(expr.name) : nullptr;
  return function != nullptr && GivesTime(function->fn);
}

// What the schema of a record may call a time.
bool MapperCompiler::MayBeTime(const MapExpr& expr) const {
  if (spec_.format == MapFormat::kJson) return false;
  if (expr.kind == MapExpr::Kind::kFirst) return std::all_of(expr.args.begin(), expr.args.end(), [&](const auto& arg) { return IsTime(*arg) || MayBeTime(*arg); });
  return expr.kind == MapExpr::Kind::kPath;
}

uint32_t MapperCompiler::Condition(const MapExpr& expr, const std::string& what) {
  const bool truth = expr.kind == MapExpr::Kind::kPath || (expr.kind == MapExpr::Kind::kLiteral && std::holds_alternative<bool>(expr.literals[0]));
  if (!IsCondition(expr) && !truth) Fail(expr.place, what, "a condition is wanted here, like row.type == \"track\"");
  return Compile(expr, what);
}

uint32_t MapperCompiler::Value(const MapExpr& expr, const std::string& what) {
  if (IsCondition(expr) && expr.kind != MapExpr::Kind::kCall) Fail(expr.place, what, "a value is wanted here, not a condition; rules have `when`");
  return Compile(expr, what);
}

uint32_t MapperCompiler::Time(const MapExpr& expr, const std::string& what) {
  if (!IsTime(expr) && !MayBeTime(expr)) Fail(expr.place, what, "says no unit: write iso(..), s(..), ms(..), us(..), ns(..), days(..) or local(.., zone)");
  return Compile(expr, what);
}

uint32_t MapperCompiler::Compile(const MapExpr& expr, const std::string& what) {
  using Kind = MapExpr::Kind;
  if (expr.kind == Kind::kPath) {
    const uint32_t path = AddPath(expr, what);
    Note(expr, path);
    return path;
  }
  Node node;
  node.kind = expr.kind;
  node.compare = expr.compare;
  node.literals = expr.literals;
  switch (expr.kind) {
    case Kind::kAnd:
    case Kind::kOr:
    case Kind::kNot:
      for (const auto& arg : expr.args) node.args.push_back(Condition(*arg, what));
      break;
    case Kind::kCall:
      Call(expr, what, &node);
      break;
    default:
      for (const auto& arg : expr.args) node.args.push_back(Value(*arg, what));
      if (expr.kind == Kind::kIn || (expr.kind == Kind::kCompare && expr.compare == MapExpr::Compare::kEq)) Tell(expr.args[0].get(), node.args[0]);
      break;
  }
  return Add(std::move(node));
}

void MapperCompiler::Note(const MapExpr& path, uint32_t node) {
  using mapping::Source;
  const Source::Kind kind = made_->program.nodes[node].source.kind;
  if (path.path.root == "record") return;
  made_->written.push_back({path.path.ToString(), path.place, node, rule_, kind == Source::Kind::kCell ? element_ : kNone});
}

void MapperCompiler::Tell(const MapExpr* compared, uint32_t node) {
  for (; compared->kind == MapExpr::Kind::kCall; compared = compared->args[0].get()) {
    if (made_->program.nodes[node].args.empty()) return;  // a mistake, which was told
    node = made_->program.nodes[node].args[0];
  }
  const bool op = compared->kind == MapExpr::Kind::kOp;
  if (!op && (compared->kind != MapExpr::Kind::kPath || made_->program.nodes[node].source.kind == mapping::Source::Kind::kCell)) return;
  const std::string name = op ? "op" : compared->path.ToString();
  const bool known = std::any_of(made_->told.begin(), made_->told.end(), [&](const auto& told) { return told.name == name; });
  if (!known) made_->told.push_back({name, node});
}

void MapperCompiler::Hide(const MapExpr& expr) {
  if (expr.kind == MapExpr::Kind::kPath) hidden_.insert(expr.path.ToString());
  for (const auto& arg : expr.args) Hide(*arg);
}

void MapperCompiler::Call(const MapExpr& expr, const std::string& what, Node* node) {
  const Function* function = Find(expr.name);
  if (function == nullptr) {
    std::vector<std::string> known;
    for (const Function& f : kFunctions) known.emplace_back(f.name);
    const std::string nearest = Nearest(expr.name, known);
    return Fail(expr.place, what, expr.name + " is no function" + (nearest.empty() ? "" : "; did you mean " + nearest + "?"));
  }
  node->fn = function->fn;
  const bool named = function->fn == Fn::kLookup || function->fn == Fn::kLocal || function->fn == Fn::kBecomes;
  if (expr.args.size() < function->least || expr.args.size() > function->most || (named && expr.literals.empty())) {
    return Fail(expr.place, what, std::string(expr.name) + " is written like " + std::string(function->like));
  }
  if (function->fn == Fn::kChanged || function->fn == Fn::kWas || function->fn == Fn::kBecomes) return Change(expr, what, node);
  for (const auto& arg : expr.args) node->args.push_back(Value(*arg, what));
  if (function->fn == Fn::kLocal) {
    absl::TimeZone zone;
    const std::string& name = std::get<std::string>(expr.literals[0]);
    if (!absl::LoadTimeZone(name, &zone)) return Fail(expr.place, what, "\"" + name + "\" is no time zone of this machine, like Europe/Berlin");
    node->zone = std::make_shared<absl::TimeZone>(zone);
  }
  if (function->fn == Fn::kLookup) {
    const std::string& name = std::get<std::string>(expr.literals[0]);
    const auto words = made_->program.words.find(name);
    if (words == made_->program.words.end()) return Fail(expr.place, what, "there are no `words` called " + name);
    node->words = &words->second;
  }
  if (function->fn == Fn::kHash) Hide(expr);
  if (function->fn == Fn::kHash && made_->hash_key.empty()) Fail(expr.place, what, "hash() wants a key: set privacy.hash_key_file");
}

void MapperCompiler::Change(const MapExpr& expr, const std::string& what, Node* node) {
  // A word of a list, of which a property change has one.
  const MapExpr* path = expr.args[0].get();
  while (path->kind == MapExpr::Kind::kCall && path->name != "changed" && path->name != "was" && path->name != "becomes") path = path->args[0].get();
  if (path->kind != MapExpr::Kind::kPath || path->path.root != "row" || path->path.steps.empty()) {
    return Fail(expr.place, what, expr.name + " wants a field of the row, like row.stage");
  }
  node->name = path->path.steps.back().name;
  for (const MapPath::Step& step : path->path.steps) node->full_name += (node->full_name.empty() ? "" : ".") + step.name;
  node->args.push_back(Value(*expr.args[0], what));
  if (node->fn == Fn::kBecomes) Tell(expr.args[0].get(), node->args[0]);
  if (!made_->shape.old) return;
  // The same of what it was.
  const auto before = [&](const auto& self, const MapExpr& now) -> uint32_t {
    if (now.kind == MapExpr::Kind::kPath && now.path.root == "row") {
      MapExpr then;
      then.path = now.path;
      then.path.root = "old";
      then.place = now.place;
      return AddPath(then, what);
    }
    if (now.args.empty()) return Value(now, what);
    Node same;
    same.kind = now.kind;
    if (now.kind == MapExpr::Kind::kCall) Call(now, what, &same);
    same.args.clear();
    for (const auto& arg : now.args) same.args.push_back(self(self, *arg));
    return Add(std::move(same));
  };
  node->args.push_back(before(before, *expr.args[0]));
}

void MapperCompiler::Field(const MapField& field, EventTypeId type, const std::string& what, Mapper::Compiled::Rule* rule) {
  const std::string here = what + ".set." + field.field;
  const Result<FieldInfo> info = schema_.Resolve(type, field.field);
  if (!info.ok()) return Fail(field.place, here, info.status().text());
  const Result<Schema::ResolvedPath> path = schema_.ResolvePath(type, field.field);
  Result<mapping::Target> target = mapping::TargetOf(*path, *info);
  if (!target.ok()) return Fail(field.place, here, target.status().text());
  const bool wants_time = target->kind == mapping::Target::Kind::kTime || target->kind == mapping::Target::Kind::kDuration;
  Mapper::Compiled::Field made;
  made.spec = &field;
  made.target = *target;
  made.on_error = field.on_error;
  if (info->personal) Hide(*field.value);
  made.value = wants_time ? Time(*field.value, here) : Value(*field.value, here);
  if (!wants_time && IsTime(*field.value)) Fail(field.place, here, "the field is no time");
  if (field.on_error == OnMapError::kConstant) {
    if (const auto* text = std::get_if<std::string>(&field.constant)) made.constant = mapping::Datum::Text(*text);
    if (const auto* number = std::get_if<Decimal>(&field.constant)) made.constant = mapping::Datum::Of(*number);
    if (const auto* truth = std::get_if<bool>(&field.constant)) made.constant = mapping::Datum::Bool(*truth);
    std::string text;
    bool rounded = false;
    mapping::Encoded encoded;
    if (const char* why = mapping::Encode(made.constant, *target, &text, &rounded, &encoded)) Fail(field.place, here, std::string("on_error: the constant ") + why);
  }
  rule->layout.Add(*path, schema_.event_types()[type.v].payload_field);
  rule->fields.push_back(std::move(made));
}

void MapperCompiler::Fact(const MapRule& spec, EventTypeId type, const std::string& what) {
  const auto sets = [&](const std::string& path) {
    return std::any_of(spec.set.begin(), spec.set.end(), [&](const MapField& field) { return field.field == path; });
  };
  const std::string clause = spec.once ? ".once" : ".entity";
  if (!spec.entity.empty() && !sets(spec.entity)) Fail(spec.entity_place, what + clause, spec.entity + " is not set by the rule; put it into `set`");
  for (const std::string& path : spec.carry) {
    const Result<FieldInfo> info = schema_.Resolve(type, path);
    if (!info.ok()) {
      Fail(spec.carry_place, what + ".carry", info.status().text());
    } else if (path == spec.entity) {
      Fail(spec.carry_place, what + ".carry", path + " says whose fields they are, and can't be one of them");
    }
  }
}

std::vector<uint32_t> MapperCompiler::DefaultId(const std::string& what) {
  std::vector<uint32_t> id;
  if (spec_.framing != MapFraming::kCloudEvents) return id;
  for (const char* attribute : {"source", "id"}) {
    MapExpr path;
    path.path = {"meta", {{attribute, 0}}};
    path.place = spec_.place;
    id.push_back(AddPath(path, what));
  }
  return id;
}

uint32_t MapperCompiler::DefaultTime(const std::string& what) {
  if (spec_.framing != MapFraming::kCloudEvents) return kNone;
  MapExpr time, timestamp;
  time.path = {"meta", {{"time", 0}}};
  timestamp.path = {"record", {{"timestamp", 0}}};
  Node iso, first;
  iso.kind = MapExpr::Kind::kCall;
  iso.fn = Fn::kIso;
  iso.args = {AddPath(time, what)};
  first.kind = MapExpr::Kind::kFirst;
  first.args = {Add(std::move(iso)), AddPath(timestamp, what)};
  return Add(std::move(first));
}

void MapperCompiler::Rule(const MapRule& spec, size_t index) {
  const std::string what = "events[" + std::to_string(index) + "]";
  const std::optional<EventTypeId> type = schema_.FindType(spec.emit);
  if (!type) {
    std::vector<std::string> known;
    for (const EventType& t : schema_.event_types()) known.push_back(t.name);
    const std::string nearest = Nearest(spec.emit, known);
    return Fail(spec.place, what + ".emit", "\"" + spec.emit + "\" is no event type" + (nearest.empty() ? "" : "; did you mean " + nearest + "?"));
  }
  Mapper::Compiled::Rule rule;
  rule.spec = &spec;
  element_ = kNone;
  if (spec.each) {
    if (const auto base = BaseOf(*spec.each, spec.each_place, what + ".each")) element_ = rule.each = Array(Joined(*base, spec.each->steps));
  }
  if (spec.when != nullptr) rule.when = Condition(*spec.when, what + ".when");
  rule_ = static_cast<uint32_t>(index);
  rule.id_is_its_own = !spec.id.empty();
  rule.id_begins = spec.emit;
  const auto before = std::count_if(spec_.rules.begin(), spec_.rules.begin() + static_cast<ptrdiff_t>(index), [&](const MapRule& r) { return r.emit == spec.emit; });
  if (spec.id.empty() && spec_.id.empty() && before > 0) rule.id_begins += "#" + std::to_string(before);
  for (const auto& part : spec.id.empty() ? spec_.id : spec.id) rule.id.push_back(Value(*part, what + ".id"));
  const MapExpr* time = spec.time != nullptr ? spec.time.get() : spec_.time.get();
  if (rule.id.empty()) rule.id = DefaultId(what + ".id");
  rule.time = time != nullptr ? Time(*time, what + ".time") : DefaultTime(what + ".time");
  if (rule.id.empty() || rule.time == kNone) made_->wants_headers = true;  // they are where the record came first
  const int payload = schema_.event_types()[type->v].payload_field;
  std::vector<const char*> envelope = {"event.id", "event.source", "event.time", "event.entity_version", "event.entity_version_minor", "event.entity_version_patch"};
  envelope.resize(3 + spec_.version.size());
  for (const char* path : envelope) {
    const Result<Schema::ResolvedPath> at = schema_.ResolvePath(*type, path);
    if (!at.ok()) return Fail(spec.place, what, "the schema has no " + std::string(path));
    rule.layout.Add(*at, payload);
  }
  spec.whole ? rule.layout.AddWholePayload(payload) : rule.layout.AddPayload(payload);
  for (const MapField& field : spec.set) Field(field, *type, what, &rule);
  Fact(spec, *type, what);
  rule_ = kNone;
  made_->rules.push_back(std::move(rule));
}

// What is wrong with a schema that a file holds is wrong before any record comes.
void MapperCompiler::Schemas() {
  // One that has a number may be that of keys.
  const auto check = [&](const MapSchema& schema, const std::string& what) {
    using Part = mapping::RecordReader::Part;
    std::string why = mapping::RecordReader::WhyNot(spec_, made_->captures, Part::kValue, schema);
    if (!why.empty() && spec_.numbers_schemas() && mapping::RecordReader::WhyNot(spec_, made_->key, Part::kKey, schema).empty()) why.clear();
    if (!why.empty()) Fail(schema.place, what, "it " + why);
  };
  if (spec_.format != MapFormat::kJson && !spec_.framed() && !spec_.schema) Fail(spec_.place, "schema", "its records name none");
  if (spec_.schema) check(*spec_.schema, "schema");
  for (const auto& [number, schema] : spec_.schemas) check(schema, "schemas: " + std::to_string(number));
}

std::unique_ptr<const Mapper::Compiled> MapperCompiler::Run(const std::string& source, const std::string& hash_key) {
  const size_t before = diagnostics_.items().size();
  made_ = std::make_unique<Mapper::Compiled>();
  made_->spec = spec_holder_;
  made_->source = source;
  made_->hash_key = hash_key;
  made_->program.words = spec_.words;
  Shape();
  if (const MapRule* whole = OwnRule(spec_)) Own(*whole);
  if (spec_.rules.empty()) Fail(spec_.place, "events", "there is no rule, so nothing would come of it");
  for (const MapKeyed& keyed : spec_.maps) {
    if (!BaseOf(keyed.array, keyed.place, "maps." + keyed.name + ".array")) return nullptr;
  }
  for (size_t r = 0; r < spec_.rules.size(); ++r) Rule(spec_.rules[r], r);
  element_ = rule_ = kNone;
  for (const auto& part : spec_.version) made_->version.push_back(IsTime(*part) ? Time(*part, "version") : Value(*part, "version"));
  if (spec_.ignore != nullptr) made_->ignore = Condition(*spec_.ignore, "ignore");
  // Also where each rule has a time of its own.
  if (spec_.shape == MapShape::kSalesforceCdc && spec_.time != nullptr && diagnostics_.items().size() == before) {
    const size_t noted = made_->written.size();
    made_->time = Time(*spec_.time, "time");
    made_->written.resize(noted);  // rules that take it note it
  }
  CheckArrays();
  if (diagnostics_.items().size() == before) Schemas();
  std::erase_if(made_->told, [&](const auto& told) { return hidden_.contains(told.name); });
  if (spec_.framing == MapFraming::kCloudEvents) {
    const uint32_t data = made_->captures.At(0, {{"data", 0}});
    made_->data = made_->captures;
    made_->data.nodes[0] = made_->captures.nodes[data];
  }
  return diagnostics_.items().size() == before ? std::move(made_) : nullptr;
}

std::shared_ptr<const Mapper> Mapper::Compile(std::shared_ptr<const MappingSpec> spec, const Schema& schema, const std::string& name, const std::string& source,
                                              const std::string& hash_key, Diagnostics* diagnostics) {
  auto compiled = MapperCompiler(std::move(spec), schema, name, diagnostics).Run(source, hash_key);
  if (compiled == nullptr) return nullptr;
  return std::shared_ptr<const Mapper>(new Mapper(std::move(compiled)));  // NOLINT: private
}

}  // namespace tidemark
