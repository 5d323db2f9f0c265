#include "daemon/schema_registry.h"

#include <simdjson.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace tidemark {
namespace {

namespace dom = simdjson::dom;

constexpr size_t kMostAnswerBytes = 4u << 20;   // a record of Kafka, which a registry keeps a schema in, is 1 MiB
constexpr size_t kMostTreeBytes = 8u << 20;     // of a schema with all that it refers to
constexpr size_t kMostReferences = 256, kMostDepth = 32;
constexpr size_t kMostSaidBytes = 200;
constexpr int64_t kNoSuchSchema = 40403;

std::string Escaped(std::string_view segment) {
  std::string out;
  for (const char c : segment) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += "0123456789abcdef"[static_cast<uint8_t>(c) >> 4];
      out += "0123456789abcdef"[static_cast<uint8_t>(c) & 15];
    }
  }
  return out;
}

size_t BytesOf(const WriterSchema& schema) {
  size_t bytes = sizeof(WriterSchema) + schema.text.size();
  for (const auto& [name, reference] : schema.references) bytes += name.size() + BytesOf(reference);
  return bytes;
}

// What a registry says is wrong: {"error_code": 40403, "message": "Schema not found"}.
struct Complaint {
  int64_t code = 0;
  std::string message;
};
Complaint ComplaintOf(const std::string& body) {
  Complaint said;
  dom::parser parser;
  dom::object object;
  std::string_view message;
  if (parser.parse(body).get(object) != simdjson::SUCCESS) return said;
  if (object["error_code"].get(said.code) != simdjson::SUCCESS) said.code = 0;
  if (object["message"].get(message) != simdjson::SUCCESS) return said;
  size_t end = std::min(message.size(), kMostSaidBytes);
  while (end < message.size() && (static_cast<uint8_t>(message[end]) & 0xc0) == 0x80) --end;  // between characters
  said.message = std::string(message.substr(0, end));
  return said;
}

std::optional<WriterSchema::Kind> KindOf(std::string_view type) {
  if (type == "AVRO") return WriterSchema::Kind::kAvro;
  if (type == "JSON") return WriterSchema::Kind::kJson;
  if (type == "PROTOBUF") return WriterSchema::Kind::kProtobuf;
  return std::nullopt;
}

// JSON without the blanks between its parts.
std::string Packed(const std::string& json) {
  std::string out;
  bool text = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (!text && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) continue;
    out += c;
    if (c == '"') text = !text;
    if (text && c == '\\' && i + 1 < json.size()) out += json[++i];
  }
  return out;
}

}  // namespace

SchemaRegistry::SchemaRegistry(const RegistrySpec& spec, std::function<void(long code)> counted, const std::atomic<bool>* stop)
    : spec_(spec), counted_(std::move(counted)), stop_(stop) {}

Result<std::string> SchemaRegistry::Get(const std::string& path) {
  HttpTarget target;
  target.ca_file = spec_.ca_file;
  target.cert_file = spec_.cert_file;
  target.key_file = spec_.key_file;
  target.username = spec_.username;
  target.password_file = spec_.password_file;
  target.bearer_token_file = spec_.bearer_token_file;
  target.timeout = std::chrono::ceil<std::chrono::seconds>(spec_.timeout);
  target.most_bytes = kMostAnswerBytes;
  target.stop = stop_;
  Status why = Unavailable("there is nobody to ask");
  for (size_t n = 0; n < spec_.urls.size(); ++n) {
    const size_t at = (at_ + n) % spec_.urls.size();
    target.url = spec_.urls[at];
    Result<HttpReply> reply = HttpGet(target, path);
    counted_(reply.ok() ? reply->code : 0);
    if (!reply.ok()) {
      why = reply.status();
      continue;
    }
    if (reply->code == 200) {
      at_ = at;
      return std::move(reply->body);
    }
    const Complaint said = ComplaintOf(reply->body);
    const std::string text = target.url + path + " answers " + std::to_string(reply->code) + (said.message.empty() ? "" : ": " + said.message);
    if (reply->code == 404 && said.code == kNoSuchSchema) {
      at_ = at;
      return NotFound(text);
    }
    why = Invalid(text);
    if (reply->code < 500) return why;
  }
  return why;
}

// One schema and what it refers to: each part is asked for once.
class SchemaRegistry::Walk {
 public:
  explicit Walk(SchemaRegistry* registry) : registry_(*registry) {}

  Result<WriterSchema> Read(const std::string& path, size_t depth) {
    TM_ASSIGN_OR_RETURN(const std::string body, registry_.Get(path));
    const auto bad = [&](std::string_view what) { return Invalid(path + ": " + std::string(what)); };
    dom::parser parser;
    dom::object answer;
    std::string_view text, type = "AVRO";
    if (parser.parse(body).get(answer) != simdjson::SUCCESS || answer["schema"].get(text) != simdjson::SUCCESS) return bad("the answer holds no schema");
    if (const auto written = answer["schemaType"]; written.error() == simdjson::SUCCESS && written.get(type) != simdjson::SUCCESS) type = "";
    const auto kind = KindOf(type);
    if (!kind) return bad("the schema is of a type other than AVRO, JSON and PROTOBUF");
    WriterSchema schema{*kind, std::string(text), {}};
    dom::array references;
    if (answer["references"].get(references) != simdjson::SUCCESS) return schema;
    size_t bytes = BytesOf(schema);
    for (const dom::element reference : references) {
      std::string_view name, subject;
      int64_t version = 0;
      if (reference["name"].get(name) != simdjson::SUCCESS || reference["subject"].get(subject) != simdjson::SUCCESS ||
          reference["version"].get(version) != simdjson::SUCCESS) {
        return bad("a reference has no name, subject or version");
      }
      TM_ASSIGN_OR_RETURN(const WriterSchema* part, Part("/subjects/" + Escaped(subject) + "/versions/" + std::to_string(version), depth + 1));
      bytes += name.size() + BytesOf(*part);
      if (bytes > kMostTreeBytes) return bad("the schema is larger than 8 MiB with what it refers to");
      schema.references.emplace_back(std::string(name), *part);
    }
    return schema;
  }

 private:
  Result<const WriterSchema*> Part(const std::string& path, size_t depth) {
    if (const auto known = parts_.find(path); known != parts_.end()) return &known->second;
    if (depth > kMostDepth || parts_.size() >= kMostReferences) return Invalid(path + ": a schema refers to too much");
    if (!open_.insert(path).second) return Invalid(path + ": a schema refers to itself");
    Result<WriterSchema> read = Read(path, depth);
    open_.erase(path);
    // That a part is missing is no news of the number that is looked for.
    if (read.status().code() == Code::kNotFound) return Invalid(read.status().text());
    if (!read.ok()) return read.status();
    return &parts_.emplace(path, *std::move(read)).first->second;
  }

  SchemaRegistry& registry_;
  std::map<std::string, WriterSchema> parts_;  // by path
  std::set<std::string> open_;
};

Result<std::shared_ptr<const WriterSchema>> SchemaRegistry::Fetch(uint32_t id) {
  TM_ASSIGN_OR_RETURN(WriterSchema schema, Walk(this).Read("/schemas/ids/" + std::to_string(id), 0));
  return std::make_shared<const WriterSchema>(std::move(schema));
}

FetchedSchemas::FetchedSchemas(const RegistrySpec* registry) {
  if (registry == nullptr) return;
  registry_.emplace(*registry, [](long) {}, nullptr);
  for (const uint32_t id : registry->missing) schemas_->Add(id, std::make_shared<WriterSchema>());
}

MapOutcome FetchedSchemas::Map(const Mapper& mapper, const RawRecord& record, Mapper::Scratch* scratch, MappedEvents* out) {
  MapOutcome outcome = mapper.Map(record, scratch, out);
  while (outcome == MapOutcome::kAwaitsSchema && Fetch(scratch->awaited_schema())) outcome = mapper.Map(record, scratch, out);
  return outcome;
}

bool FetchedSchemas::Fetch(uint32_t id) {
  if (!schemas_->trouble(id).empty()) return false;
  Result<std::shared_ptr<const WriterSchema>> schema = registry_ ? registry_->Fetch(id) : NotFound("there is no registry to ask");
  if (!schema.ok()) {
    schemas_->Want(id);
    schemas_->SetTrouble(id, schema.status().text());
    return false;
  }
  schemas_->Add(id, *std::move(schema));
  return true;
}

bool SameSchema(const WriterSchema& a, const WriterSchema& b) {
  if (a.kind != b.kind || a.references.size() != b.references.size()) return false;
  const bool json = a.kind != WriterSchema::Kind::kProtobuf;
  if (a.text != b.text && (!json || Packed(a.text) != Packed(b.text))) return false;
  return std::equal(a.references.begin(), a.references.end(), b.references.begin(),
                    [](const auto& x, const auto& y) { return x.first == y.first && SameSchema(x.second, y.second); });
}

}  // namespace tidemark
