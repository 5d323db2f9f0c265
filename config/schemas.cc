// What the records of a source were written with, as far as files have it.
#include "config/schemas.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "config/read_file.h"
#include "config/substitute.h"
#include "pipeline/mapping/own_event.h"

namespace tidemark::config {
namespace {

constexpr size_t kMaxSchemaFile = 4 << 20, kMaxSchemaFiles = 1'000;

// The content of a file of at most 4 MiB; nothing after a mistake. `shown` is what it is called.
std::optional<std::string> Content(const Value& value, const std::string& path, const std::string& shown, std::vector<ReadFile>* files) {
  Result<std::string> read = ReadText(path, kMaxSchemaFile, &files->emplace_back());
  if (!read.ok()) {
    value.Fail("can't read " + shown + ": " + read.status().text());
    return std::nullopt;
  }
  if (read->size() > kMaxSchemaFile) {
    value.Fail(shown + " is larger than 4 MiB");
    return std::nullopt;
  }
  return *std::move(read);
}

WriterSchema::Kind KindOf(MapFormat format) { return format == MapFormat::kAvro ? WriterSchema::Kind::kAvro : WriterSchema::Kind::kProtobuf; }

MapSchema Made(MapFormat format, std::string text, const Place& place) {
  WriterSchema schema;
  schema.kind = KindOf(format);
  schema.text = std::move(text);
  return {std::make_shared<const WriterSchema>(std::move(schema)), false, "", place};
}

// Of values, or of keys.
bool Has(const MappingSpec& mapping, MapFormat format, MapKeyFormat key) { return mapping.format == format || mapping.key_format == key; }

// Files by number: 7.avsc. Others are somebody else's.
void ReadDirectory(const Value& value, MappingSpec* mapping, std::vector<ReadFile>* files) {
  const std::optional<std::string> path = Expand(value);
  if (!path) return;
  std::error_code error;
  std::vector<std::filesystem::path> found;
  const bool avro = Has(*mapping, MapFormat::kAvro, MapKeyFormat::kAvro), protobuf = Has(*mapping, MapFormat::kProtobuf, MapKeyFormat::kProtobuf);
  const std::string extension = avro ? ".avsc" : ".proto";  // as one is called in advice
  for (std::filesystem::directory_iterator entry(*path, error), end; !error && entry != end; entry.increment(error)) {
    const std::filesystem::path its = entry->path().extension();
    if ((avro && its == ".avsc") || (protobuf && its == ".proto")) found.push_back(entry->path());
  }
  if (error) return value.Fail("can't read " + Quoted(value.node().text) + ": " + error.message());
  if (found.empty()) return value.Fail("holds no schema; the one with number 7 is called 7" + extension);
  if (found.size() > kMaxSchemaFiles) return value.Fail("holds more than " + std::to_string(kMaxSchemaFiles) + " schemas");
  std::sort(found.begin(), found.end());
  for (const std::filesystem::path& file : found) {
    const std::string stem = file.stem().string(), name = Quoted(file.filename().string());
    uint32_t number = 0;
    const auto [end, wrong] = std::from_chars(stem.data(), stem.data() + stem.size(), number);
    if (wrong != std::errc() || end != stem.data() + stem.size() || number == 0) {
      value.Fail(name + " is not called by the number of its schema, like 7" + extension);
      continue;
    }
    std::optional<std::string> text = Content(value, file.string(), name, files);
    if (text && !mapping->schemas.emplace(number, Made(file.extension() == ".avsc" ? MapFormat::kAvro : MapFormat::kProtobuf, *std::move(text), value.place())).second) {
      value.Fail("schema " + std::to_string(number) + " is there twice");
    }
  }
}

}  // namespace

void ReadSchemas(Map* map, MappingSpec* mapping, std::vector<ReadFile>* files) {
  const bool json = mapping->format == MapFormat::kJson, framed = mapping->framed();
  const bool protobuf = mapping->format == MapFormat::kProtobuf;
  const bool own = protobuf && OwnRule(*mapping) != nullptr;  // KPIs name its fields before any record comes
  const auto file = map->Take("schema");
  if (file && (json || (framed && !own))) {
    file->Fail(json ? "JSON needs none" : "records name their schema by number; `schemas` is a directory of them");
  } else if (file) {
    const std::optional<std::string> path = Expand(*file);
    std::optional<std::string> text = path ? Content(*file, *path, Quoted(file->node().text), files) : std::nullopt;
    if (text) {
      mapping->schema = Made(mapping->format, *std::move(text), file->place());
      mapping->schema->is_descriptor_set = protobuf && !path->ends_with(".proto");
    }
  } else if (own) {
    map->value().FailAt(mapping->place, "KPIs name the fields of its `payload`: write `schema: FILE`, the schema that they mean, also where records name others");
  } else if (!json && !framed) {
    map->value().FailAt(mapping->place, "its records name no schema: write `schema: FILE`, or `framing: confluent` where a number stands before each, `headers` where it stands in a header");
  }
  if (const auto message = map->Take("message")) {
    if (!protobuf || (framed && !own)) {
      message->Fail("only Protobuf without framing, or with `payload`, is told which message it is");
    } else if (mapping->schema) {
      mapping->schema->message = message->Text().value_or("");
    }
  } else if (mapping->schema && mapping->schema->is_descriptor_set) {
    map->value().FailAt(mapping->place, "a descriptor set has many messages: write `message: shop.v1.Order`");
  }
  if (const auto format = map->Take("key_format")) {
    if (const auto choice = format->Choice({"text", "json", "avro", "protobuf"})) mapping->key_format = static_cast<MapKeyFormat>(*choice + 1);
    const bool numbered = mapping->key_format == MapKeyFormat::kAvro || mapping->key_format == MapKeyFormat::kProtobuf;
    if (numbered && !framed) format->Fail("is read with `framing: confluent` or `headers` alone");
  }
  if (const auto directory = map->Take("schemas")) {
    if (!mapping->numbers_schemas()) {
      directory->Fail("only Avro and Protobuf with `framing: confluent` or `headers` name their schemas by number");
    } else {
      ReadDirectory(*directory, mapping, files);
    }
  }
  if (const auto indexes = map->Take("message_index")) {
    if (const auto choice = indexes->Choice({"zigzag", "plain"})) mapping->plain_indexes = *choice == 1;
    if (!framed || !Has(*mapping, MapFormat::kProtobuf, MapKeyFormat::kProtobuf)) indexes->Fail("is of Protobuf with `framing: confluent` or `headers`");
  }
}

}  // namespace tidemark::config
