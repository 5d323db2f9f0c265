#include "tests/simulation/schemas.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "tests/unit/avro_bytes.h"

namespace tidemark::simulation {
namespace {

struct Field {
  const char* name;
  const char* type;
  std::string bytes;  // of a change that has it
};

std::vector<Field> FieldsOf(uint32_t number, const Change& change) {
  const auto flag = [](bool is) { return std::string(1, is ? '\1' : '\0'); };
  std::vector<Field> fields = {{"deal", "long", avro::Long(change.deal)}, {"n", "long", avro::Long(change.n)}, {"at", "long", avro::Long(change.at)}};
  if (number == kSchemas) {
    fields.push_back({"through", "long", avro::Long(change.through.value_or(0))});
  } else {
    fields.push_back({"is_new", "boolean", flag(change.is_new)});
    fields.push_back({"gone", "boolean", flag(change.gone)});
    const uint32_t has = number - 1;
    if ((has & 1) != 0) fields.push_back({"stage", "string", avro::Text(change.stage.value_or("").substr(0, 1))});
    if ((has & 2) != 0) fields.push_back({"owner", "string", avro::Text(change.owner.value_or(""))});
    if ((has & 4) != 0) fields.push_back({"currency", "string", avro::Text(change.currency.value_or(""))});
    if ((has & 8) != 0) fields.push_back({"amount", "long", avro::Long(change.amount.value_or(0))});
  }
  if (number % 2 == 0) std::reverse(fields.begin(), fields.end());  // so that one read by another's is told
  return fields;
}

}  // namespace

uint32_t SchemaOf(const Change& change) {
  if (change.through) return kSchemas;
  return 1 + (change.stage ? 1 : 0) + (change.owner ? 2 : 0) + (change.currency ? 4 : 0) + (change.amount ? 8 : 0);
}

std::string AvroOf(const Change& change) {
  const uint32_t number = SchemaOf(change);
  std::string record(4, '\0');
  record.push_back(static_cast<char>(number));
  for (const Field& field : FieldsOf(number, change)) record += field.bytes;
  return record;
}

std::shared_ptr<const WriterSchema> WriterSchemaOf(uint32_t number) {
  WriterSchema schema;
  schema.text = R"({"type": "record", "name": "Change", "fields": [)";
  for (const Field& field : FieldsOf(number, Change())) {
    schema.text.append(schema.text.ends_with('[') ? "" : ", ").append("{\"name\": \"").append(field.name).append("\", \"type\": \"").append(field.type).append("\"}");
  }
  schema.text += "]}";
  return std::make_shared<const WriterSchema>(std::move(schema));
}

}  // namespace tidemark::simulation
