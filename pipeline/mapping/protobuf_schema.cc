#include "pipeline/mapping/protobuf_schema.h"

#include <google/protobuf/compiler/parser.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "absl/strings/escaping.h"

namespace tidemark::mapping {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::DescriptorProto;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::Message;
using google::protobuf::UninterpretedOption;

constexpr size_t kMaxSchemaBytes = 8 << 20, kMaxFiles = 1'000;
constexpr int kMaxImports = 100, kMaxBlocks = 100;              // one in another
constexpr const char* kMain = "schema.proto";   // what a schema calls itself nobody knows; another where something that it imports is called so

// What Confluent's serializers import.
constexpr const char* kConfluentMeta = R"(syntax = "proto3"; package confluent;
message Meta { string doc = 1; map<string, string> params = 2; repeated string tags = 3; })";
constexpr const char* kConfluentDecimal = R"(syntax = "proto3"; package confluent.type;
message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; })";

// The first of what is wrong.
class Errors : public google::protobuf::io::ErrorCollector, public DescriptorPool::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    Add("line " + std::to_string(line + 1) + ", column " + std::to_string(column + 1) + ": " + message);
  }
  void AddError(const std::string&, const std::string& element, const Message*, ErrorLocation, const std::string& message) override {
    Add(element + ": " + message);
  }
  void AddWarning(int, int, const std::string&) override {}
  void AddWarning(const std::string&, const std::string&, const Message*, ErrorLocation, const std::string&) override {}
  const std::string& text() const { return text_; }

 private:
  void Add(const std::string& text) {
    if (text_.empty()) text_ = text;
  }
  std::string text_;
};

// Ours: what a field's integers count, and what is personal.
constexpr std::string_view kOurOptions = "tidemark/events/v1/options.proto";
bool IsOurs(const UninterpretedOption::NamePart& name) {
  const std::string_view part = name.name_part();
  return part.starts_with("tidemark.events.v1.") || part.starts_with(".tidemark.events.v1.");
}

// Options that others define change nothing of the bytes, and their definitions may not be at hand.
void DropCustomOptions(Message* message) {
  const auto* reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (field->message_type() == UninterpretedOption::descriptor()) {
      int kept = 0;
      for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
        const auto& option = static_cast<const UninterpretedOption&>(reflection->GetRepeatedMessage(*message, field, i));
        if (option.name_size() == 0 || !option.name(0).is_extension() || IsOurs(option.name(0))) reflection->SwapElements(message, field, kept++, i);
      }
      while (reflection->FieldSize(*message, field) > kept) reflection->RemoveLast(message, field);
    } else if (field->is_repeated()) {
      for (int i = 0; i < reflection->FieldSize(*message, field); ++i) DropCustomOptions(reflection->MutableRepeatedMessage(message, field, i));
    } else {
      DropCustomOptions(reflection->MutableMessage(message, field));
    }
  }
}

// What the parser makes of `map<K, V>`, behind the messages that the text has: a message that isn't written doesn't count. (Where the text has
// the entry itself, as Confluent's registry writes descriptors, the option isn't interpreted yet, and it stays in its place.)
void MoveEntriesOfMapsBack(DescriptorProto* message) {
  auto* nested = message->mutable_nested_type();
  std::stable_partition(nested->pointer_begin(), nested->pointer_end(), [](const DescriptorProto* each) { return !each->options().map_entry(); });
  for (DescriptorProto& each : *nested) MoveEntriesOfMapsBack(&each);
}

// Where a comment or a quoted text that begins at `at` ends; `at`: there is none. As libprotobuf has it, a zero byte ends both.
size_t BehindWords(std::string_view text, size_t at) {
  if (text.substr(at).starts_with("//")) return std::min(text.find_first_of(std::string_view("\n\0", 2), at), text.size());
  if (text.substr(at).starts_with("/*")) {
    size_t end = at + 2;
    while (end < text.size() && text[end] != 0 && !text.substr(end).starts_with("*/")) ++end;
    return end < text.size() && text[end] != 0 ? end + 1 : end;  // its "/"
  }
  if (text[at] != '"' && text[at] != '\'') return at;
  size_t end = at + 1;
  while (end < text.size() && text[end] != text[at] && text[end] != '\n' && text[end] != 0) {
    end += text[end] == '\\' && end + 1 < text.size() && text[end + 1] != '\n' && text[end + 1] != 0 ? 2 : 1;
  }
  return end;
}

// libprotobuf goes on after a block that is nested too deep, in time that grows with its square.
bool IsTooDeep(std::string_view text) {
  int depth = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    at = BehindWords(text, at);
    if (at >= text.size()) break;
    if (text[at] == '{') ++depth;
    if (text[at] == '}' && depth > 0) --depth;  // libprotobuf passes over one that closes nothing
    if (depth > kMaxBlocks) return true;
  }
  return false;
}

// The text of a .proto; or its descriptor in base64, which is what Confluent's serializers for Python and .NET register.
Status Parse(const std::string& name, const std::string& text, FileDescriptorProto* file) {
  if (text.size() > kMaxSchemaBytes) return Invalid("is larger than 8 MiB");
  const google::protobuf::LogSilencer silence;
  if (std::string descriptor; absl::Base64Unescape(text, &descriptor) && file->ParseFromString(descriptor)) {
    file->set_name(name);
    return Status::Ok();
  }
  file->Clear();
  if (IsTooDeep(text)) return Invalid(name + " is nested too deep");
  Errors errors;
  google::protobuf::io::ArrayInputStream input(text.data(), static_cast<int>(text.size()));
  google::protobuf::io::Tokenizer tokenizer(&input, &errors);
  google::protobuf::compiler::Parser parser;
  parser.RecordErrorsTo(&errors);
  if (!parser.Parse(&tokenizer, file) || !errors.text().empty()) return Invalid(name + " is no .proto: " + errors.text());
  file->set_name(name);
  for (DescriptorProto& message : *file->mutable_message_type()) MoveEntriesOfMapsBack(&message);
  return Status::Ok();
}

}  // namespace

class ProtobufSchema::Builder {
 public:
  Result<ProtobufSchema> Run(const MapSchema& schema) {
    if (schema.schema->kind != WriterSchema::Kind::kProtobuf) return Invalid("isn't Protobuf");
    if (schema.is_descriptor_set) {
      FileDescriptorSet set;
      if (!set.ParseFromString(schema.schema->text) || set.file_size() == 0) return Invalid("is no descriptor set; protoc writes one with --descriptor_set_out and --include_imports");
      for (FileDescriptorProto& file : *set.mutable_file()) files_[file.name()] = std::move(file);
    } else {
      FileDescriptorProto main;
      TM_RETURN_IF_ERROR(Parse(kMain, schema.schema->text, &main));
      TM_RETURN_IF_ERROR(AddReferences(*schema.schema, 0));
      NameMain(&main);
    }
    if (files_.size() > kMaxFiles) return Invalid("has more than " + std::to_string(kMaxFiles) + " files");
    std::vector<std::string> names;
    for (const auto& [name, file] : files_) names.push_back(name);
    for (const std::string& name : names) TM_RETURN_IF_ERROR(Build(name, 0));
    made_.file_ = schema.is_descriptor_set ? nullptr : made_.pool_->FindFileByName(main_);
    if (!schema.message.empty()) {
      made_.message_ = made_.pool_->FindMessageTypeByName(schema.message);
      if (made_.message_ == nullptr) return Invalid("has no message " + schema.message);
    } else if (made_.file_ == nullptr || made_.file_->message_type_count() == 0) {
      return Invalid("has no message");
    }
    return std::move(made_);
  }

 private:
  // By a name that no other file has, and none imports.
  void NameMain(FileDescriptorProto* main) {
    std::set<std::string> taken(main->dependency().begin(), main->dependency().end());
    for (const auto& [name, file] : files_) {
      taken.insert(name);
      taken.insert(file.dependency().begin(), file.dependency().end());
    }
    main_ = kMain;
    while (taken.contains(main_)) main_.insert(0, "_");
    main->set_name(main_);
    files_[main_] = std::move(*main);
  }

  Status AddReferences(const WriterSchema& schema, int depth) {
    if (depth > kMaxImports) return Invalid("its references are nested too deep");
    for (const auto& [name, reference] : schema.references) {
      if (files_.contains(name)) continue;
      if (files_.size() > kMaxFiles) return Invalid("has more than " + std::to_string(kMaxFiles) + " references");
      TM_RETURN_IF_ERROR(Parse(name, reference.text, &files_[name]));
      TM_RETURN_IF_ERROR(AddReferences(reference, depth + 1));
    }
    return Status::Ok();
  }

  // The file called so, from wherever it is; an import that nobody has is empty, and missed where something of it is used.
  Status Find(const std::string& name, FileDescriptorProto* file) {
    if (name.starts_with("google/protobuf/") || name == kOurOptions) {
      if (const FileDescriptor* known = DescriptorPool::generated_pool()->FindFileByName(name)) {
        known->CopyTo(file);
        return Status::Ok();
      }
    }
    if (name == "confluent/meta.proto") return Parse(name, kConfluentMeta, file);
    if (name == "confluent/type/decimal.proto") return Parse(name, kConfluentDecimal, file);
    if (const auto given = files_.find(name); given != files_.end()) *file = given->second;
    file->set_name(name);
    return Status::Ok();
  }

  Status Build(const std::string& name, int depth) {
    if (built_.contains(name)) return Status::Ok();
    if (!begun_.insert(name).second) return Invalid(name + " imports itself");
    if (depth > kMaxImports) return Invalid("its imports are nested deeper than " + std::to_string(kMaxImports));
    FileDescriptorProto file;
    TM_RETURN_IF_ERROR(Find(name, &file));
    for (const std::string& import : file.dependency()) TM_RETURN_IF_ERROR(Build(import, depth + 1));
    file.clear_service();
    DropCustomOptions(&file);
    Errors errors;
    if (made_.pool_->BuildFileCollectingErrors(file, &errors) == nullptr) return Invalid(name + " can't be used: " + errors.text());
    built_.insert(name);
    return Status::Ok();
  }

  ProtobufSchema made_;
  std::string main_;
  std::map<std::string, FileDescriptorProto> files_;
  std::set<std::string> begun_, built_;
};

ProtobufSchema::ProtobufSchema() : pool_(std::make_unique<DescriptorPool>()) {}
ProtobufSchema::ProtobufSchema(ProtobufSchema&&) noexcept = default;
ProtobufSchema::~ProtobufSchema() = default;

Result<ProtobufSchema> ProtobufSchema::Make(const MapSchema& schema) { return Builder().Run(schema); }

const Descriptor* ProtobufSchema::Find(std::span<const int32_t> indexes) const {
  if (message_ != nullptr) return message_;
  const Descriptor* message = nullptr;
  for (const int32_t index : indexes) {
    const int count = message == nullptr ? file_->message_type_count() : message->nested_type_count();
    if (index >= count) return nullptr;
    message = message == nullptr ? file_->message_type(index) : message->nested_type(index);
    if (message->options().map_entry()) return nullptr;
  }
  return message;
}

}  // namespace tidemark::mapping
