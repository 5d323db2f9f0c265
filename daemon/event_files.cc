#include "daemon/event_files.h"

#include <google/protobuf/message.h>
#include <google/protobuf/type.pb.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver.h>
#include <google/protobuf/util/type_resolver_util.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>

namespace tidemark {
namespace {

bool EndsWith(const std::string& text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

constexpr uint64_t kProgressBytes = 1 << 20;
constexpr const char* kTypeUrls = "type.googleapis.com";

// Messages of this program, which are described once. Any thread.
class Types {
 public:
  google::protobuf::util::Status Message(const std::string& url, const google::protobuf::Type** type) {
    const std::lock_guard lock(mu_);
    const auto [known, added] = messages_.try_emplace(url);
    if (added) {
      if (auto status = all_->ResolveMessageType(url, &known->second); !status.ok()) {
        messages_.erase(known);
        return status;
      }
    }
    *type = &known->second;
    return {};
  }
  google::protobuf::util::Status Enum(const std::string& url, google::protobuf::Enum* type) const { return all_->ResolveEnumType(url, type); }

 private:
  const std::unique_ptr<google::protobuf::util::TypeResolver> all_{
      google::protobuf::util::NewTypeResolverForDescriptorPool(kTypeUrls, google::protobuf::DescriptorPool::generated_pool())};
  std::mutex mu_;
  std::map<std::string, google::protobuf::Type> messages_;  // by URL; GUARDED_BY(mu_), but not what they are
};

Types& AllTypes() {
  static Types types;
  return types;
}

// What libprotobuf knows of messages when it reads JSON. By itself it describes each anew for each text, all payloads of the
// envelope, which takes most of the time; of these it is told those alone that the line may have.
class TypesOfLine : public google::protobuf::util::TypeResolver {
 public:
  explicit TypesOfLine(std::string_view line) : line_(line) {}

  google::protobuf::util::Status ResolveMessageType(const std::string& url, google::protobuf::Type* type) override {
    const google::protobuf::Type* known = nullptr;
    if (auto status = AllTypes().Message(url, &known); !status.ok()) return status;
    const google::protobuf::Type& whole = *known;
    if (whole.fields_size() < 16 || line_.find('\\') != std::string_view::npos) {  // a name may be written with escapes
      *type = whole;
      return {};
    }
    type->set_name(whole.name());
    *type->mutable_oneofs() = whole.oneofs();
    type->set_syntax(whole.syntax());
    for (const google::protobuf::Field& field : whole.fields()) {
      if (Has(field.name()) || Has(field.json_name())) *type->add_fields() = field;
    }
    return {};
  }
  google::protobuf::util::Status ResolveEnumType(const std::string& url, google::protobuf::Enum* type) override {
    return AllTypes().Enum(url, type);
  }

 private:
  bool Has(std::string_view name) const { return line_.find(name) != std::string_view::npos; }

  const std::string_view line_;
};

Status ReadJsonLines(const std::string& file, std::istream* in, const Schema& schema,
                     const std::function<Status(std::string_view)>& event,
                     const std::function<void(uint64_t)>& progress) {
  const std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(schema.envelope())->New());
  const std::string url = std::string(kTypeUrls) + "/" + schema.envelope()->full_name();
  std::string line, bytes;
  uint64_t number = 0, read = 0, shown = 0;
  while (std::getline(*in, line)) {
    ++number;
    read += line.size() + 1;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string where = file + ":" + std::to_string(number);
    if (line.size() > kMaxEventBytes)
      return Corrupt(where + ": line of more than " + std::to_string(kMaxEventBytes) + " bytes");
    TypesOfLine types(line);
    bytes.clear();
    const auto parsed = google::protobuf::util::JsonToBinaryString(&types, url, line, &bytes);
    if (!parsed.ok()) return Corrupt(where + ": not an event: " + std::string(parsed.message()));
    if (!message->ParseFromString(bytes) || !message->SerializeToString(&bytes)) return Corrupt(where + ": not an event");
    TM_RETURN_IF_ERROR(event(bytes).In(where));
    if (read - shown >= kProgressBytes) progress(shown = read);
  }
  progress(read);
  return in->bad() ? Unavailable(file + ": cannot be read") : Status::Ok();
}

// The length in front of a message; false at the end of the file or when there is none.
bool ReadLength(std::istream* in, uint64_t* length, size_t* size) {
  *length = 0;
  for (*size = 0; *size < 10;) {
    const int byte = in->get();
    if (byte == std::istream::traits_type::eof()) return false;
    *length |= static_cast<uint64_t>(byte & 0x7f) << (7 * *size);
    ++*size;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

Status ReadDelimited(const std::string& file, std::istream* in, const std::function<Status(std::string_view)>& event,
                     const std::function<void(uint64_t)>& progress) {
  std::string bytes;
  uint64_t read = 0, shown = 0;
  for (uint64_t number = 1;; ++number) {
    const std::string where = file + ": message " + std::to_string(number) + " at byte " + std::to_string(read);
    uint64_t length = 0;
    size_t size = 0;
    if (!ReadLength(in, &length, &size)) {
      if (size != 0) return Corrupt(where + ": no length");
      progress(read);
      return in->bad() ? Unavailable(file + ": cannot be read") : Status::Ok();
    }
    if (length > kMaxEventBytes)
      return Corrupt(where + ": of " + std::to_string(length) + " bytes; not varint-delimited?");
    bytes.clear();
    while (bytes.size() < length) {  // a length may be a lie: no more memory than there are bytes
      const size_t begin = bytes.size(), more = std::min<size_t>(length - begin, 64 << 10);
      bytes.resize(begin + more);
      if (!in->read(bytes.data() + begin, static_cast<std::streamsize>(more))) return Corrupt(where + ": the file ends within it");
    }
    TM_RETURN_IF_ERROR(event(bytes).In(where));
    read += size + length;
    if (read - shown >= kProgressBytes) progress(shown = read);
  }
}

}  // namespace

Result<std::vector<std::string>> EventFiles(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::file_status what = fs::status(path, error);
  if (!fs::exists(what)) return NotFound(path + ": no such file or directory");
  if (!fs::is_directory(what)) {
    if (!EndsWith(path, ".jsonl") && !EndsWith(path, ".pb")) return Invalid(path + ": neither .jsonl nor .pb");
    return std::vector<std::string>{path};
  }
  std::vector<std::string> files;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().string();
    if (EndsWith(name, ".jsonl") || EndsWith(name, ".pb")) files.push_back(name);
  }
  if (error) return Unavailable(path + ": " + error.message());
  if (files.empty()) return NotFound(path + ": no .jsonl or .pb file in it");
  std::sort(files.begin(), files.end());
  return files;
}

Status ReadEvents(const std::string& file, std::istream* in, const Schema& schema,
                  const std::function<Status(std::string_view)>& event,
                  const std::function<void(uint64_t)>& progress) {
  return EndsWith(file, ".pb") ? ReadDelimited(file, in, event, progress) : ReadJsonLines(file, in, schema, event, progress);
}

Status ReadEventFile(const std::string& file, const Schema& schema,
                     const std::function<Status(std::string_view)>& event,
                     const std::function<void(uint64_t)>& progress) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return NotFound(file + ": cannot be opened");
  return ReadEvents(file, &in, schema, event, progress);
}

}  // namespace tidemark
