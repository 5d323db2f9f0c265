#include "daemon/draft/recognise.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <string_view>

namespace tidemark::draft {

using google::protobuf::Value;

namespace {

bool HasText(const Value& value, const char* name) {
  const Value* member = Member(value, name);
  return member != nullptr && member->kind_case() == Value::kStringValue;
}
bool HasObject(const Value& value, const char* name) {
  const Value* member = Member(value, name);
  return member != nullptr && member->has_struct_value();
}
bool Has(const Value& value, const char* name) { return Member(value, name) != nullptr; }

struct Known {
  bool (*is)(const Value&);
  Kind kind;
};

const std::vector<Known>& AllKnown() {
  static const std::vector<Known> kAll = {
      {[](const Value& r) { return HasText(r, "op") && HasObject(r, "source") && HasText(r, "after"); },
       {.what = "changes of MongoDB's documents, by Debezium", .shape = "debezium",
        .caution = "the document is JSON within a text, which a mapping can't look into: let the connector write it as fields (ExtractNewDocumentState)",
        .row = {"after"}, .old = {"before"}, .has_meta = true, .changes = true, .types = {"meta.source.collection"},
        .ids = {"meta.source.collection", "meta.source.ord", "meta.source.ts_us"}, .times = {"meta.source.ts_us", "meta.source.ts_ms"}, .version = "meta.source.ord"}},
      {[](const Value& r) { return HasText(r, "op") && HasObject(r, "source") && (Has(r, "after") || Has(r, "before")); },
       {.what = "changes of tables, by Debezium", .shape = "debezium", .row = {"after"}, .old = {"before"}, .has_meta = true,
        .changes = true, .types = {"meta.source.table"},
        .ids = {"meta.source.table", "KEY", "meta.source.lsn", "meta.source.file", "meta.source.pos", "meta.source.row"},
        .times = {"meta.source.ts_us", "meta.source.ts_ms"}, .version = "meta.source.lsn"}},
      {[](const Value& r) { return HasObject(r, "ChangeEventHeader"); },
       {.what = "changes of Salesforce's objects (Change Data Capture)", .shape = "salesforce_cdc", .ships = "salesforce",
        .caution = "a change holds only the fields that changed: `carry` brings what else a fact needs, like the amount of a deal that is won",
        .meta = {"ChangeEventHeader"}, .has_meta = true, .changes = true, .types = {"meta.entityName"},
        .ids = {"meta.transactionKey", "meta.sequenceNumber", "item"}, .times = {"meta.commitTimestamp"}, .version = "meta.commitNumber"}},
      {[](const Value& r) { return HasText(r, "propertyName") && Has(r, "propertyValue"); },
       {.what = "changes of properties, as HubSpot's webhooks tell them", .shape = "{property_change: {name: propertyName, value: propertyValue}}", .ships = "hubspot",
        .caution = "a change holds one property: `carry` brings what else a fact needs", .has_meta = true,
        .types = {"meta.subscriptionType"},
        .ids = {"meta.portalId", "meta.subscriptionType", "meta.objectId", "meta.propertyName", "meta.occurredAt"}, .times = {"meta.occurredAt"},
        .version = "meta.occurredAt"}},
      {[](const Value& r) { return HasObject(r, "data") && HasText(r, "type") && HasText(r, "table") && HasText(r, "database"); },
       {.what = "changes of tables, by Maxwell", .shape = "maxwell", .row = {"data"}, .has_meta = true, .changes = true,
        .types = {"meta.table"}, .ids = {"meta.table", "KEY", "meta.xid", "meta.xoffset", "meta.ts"}, .times = {"meta.ts"}, .version = "meta.xid"}},
      {[](const Value& r) { return HasObject(r, "data") && HasObject(r, "metadata") && HasText(*Member(r, "metadata"), "operation"); },
       {.what = "changes of tables, by AWS DMS", .shape = "dms", .row = {"data"}, .meta = {"metadata"}, .has_meta = true, .changes = true,
        .types = {"meta.\"table-name\""}, .ids = {"meta.\"table-name\"", "KEY", "meta.\"transaction-id\"", "meta.timestamp"}, .times = {"meta.timestamp"}}},
      {[](const Value& r) { return Has(r, "data") && Has(r, "es") && HasText(r, "type") && Has(r, "isDdl"); },
       {.what = "changes of tables, by Canal", .caution = "Canal's changes have no shape here: let it write Debezium's or Maxwell's form, else old values and lists of rows are lost",
        .types = {"row.table", "row.type"}, .ids = {"row.database", "row.table", "row.id"},
        .times = {"row.es"}}},
      {[](const Value& r) { return HasText(r, "event_name") && Has(r, "event_timestamp") && Has(r, "event_params"); },
       {.what = "rows of Google Analytics 4's export", .ships = "ga4", .caution = "a day is restated for 72 hours",
        .types = {"row.event_name"},
        .ids = {"row.stream_id", "row.user_pseudo_id", "row.event_name", "row.event_timestamp", "row.event_bundle_sequence_id", "row.batch_event_index"},
        .times = {"row.event_timestamp"}}},
      {[](const Value& r) { return HasObject(r, "data") && HasText(r, "type") && TextOf(*Member(r, "type")) != "" && Has(r, "object") && TextOf(*Member(r, "object")) == "event"; },
       {.what = "events of Stripe", .ships = "stripe", .types = {"row.type"},
        .ids = {"row.id"}, .times = {"row.created"}}},
      {[](const Value& r) { return HasText(r, "messageId") && HasText(r, "type"); },
       {.what = "calls of Segment, RudderStack or Jitsu", .ships = "segment",
        .types = {"row.type", "row.event"}, .ids = {"row.messageId"}, .times = {"row.timestamp", "row.receivedAt"}}},
      {[](const Value& r) { return HasText(r, "specversion") && HasText(r, "type") && HasText(r, "source"); },
       {.what = "CloudEvents", .caution = "`framing: cloudevents` reads them in all their modes: row is the data then, and meta the attributes", .types = {"row.type"},
        .ids = {"row.source", "row.id"}, .times = {"row.time"}}},
      {[](const Value&) { return true; }, {.what = "records of a kind that isn't known"}},
  };
  return kAll;
}

// Where the steps of a path begin: the root, and what follows a dot that isn't within a name in quotes.
std::vector<size_t> StepsOf(const std::string& path) {
  std::vector<size_t> steps = {0};
  bool quoted = false;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '"') quoted = !quoted;
    if (path[i] == '.' && !quoted) steps.push_back(i);
  }
  return steps;
}

// Of paths whose last step is so called, the shallowest of the first name that there is.
std::vector<std::string> Called(const SeenPaths& seen, std::span<const std::string_view> names) {
  std::vector<std::string> found;
  for (const std::string_view name : names) {
    std::vector<std::string> paths;
    for (const auto& [path, s] : seen) {
      if (LastOf(path) == name) paths.push_back(path);
    }
    std::stable_sort(paths.begin(), paths.end(), [](const std::string& a, const std::string& b) { return DepthOf(a) < DepthOf(b); });
    found.insert(found.end(), paths.begin(), paths.end());
  }
  return found;
}

}  // namespace

const Kind& KindOf(const Value& record) {
  const std::vector<Known>& all = AllKnown();  // the last is any
  return std::find_if(all.begin(), all.end(), [&](const Known& known) { return known.is(record); })->kind;
}

const Value* Payload(const Value& record) {
  const Value* payload = Member(record, "payload");
  return payload != nullptr && payload->has_struct_value() && Has(record, "schema") ? payload : nullptr;
}

std::string Squeezed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

std::vector<std::string> IdsIn(const SeenPaths& seen, int64_t records) {
  static constexpr std::array<std::string_view, 8> kNames = {"eventid", "messageid", "uuid", "guid", "id", "key", "activityid", "marketoguid"};
  std::vector<std::string> ids;
  for (const std::string& path : Called(seen, kNames)) {
    const Seen& s = seen.at(path);
    const bool tells = s.count == records && s.hashes.size() * 10 >= static_cast<size_t>(records) * 8;
    if (tells && DepthOf(path) <= 2) ids.push_back(path);
  }
  return ids;
}

std::vector<std::string> TimesIn(const SeenPaths& seen) {
  static constexpr std::array<std::string_view, 16> kNames = {"eventtime", "eventtimestamp", "occurredat", "timestamp", "happenedat", "time",    "activitydate", "ts",
                                                              "datetime",  "date",           "updatedat",  "createdat", "created",    "modified", "lastmodifieddate", "createddate"};
  std::vector<std::string> times;
  for (const std::string& path : Called(seen, kNames)) {
    if (seen.at(path).form != TimeForm::kNone && DepthOf(path) <= 2) times.push_back(path);
  }
  return times;
}

std::vector<std::string> TypesIn(const SeenPaths& seen, int64_t records) {
  static constexpr std::array<std::string_view, 10> kNames = {"type", "eventtype", "event", "eventname", "name", "action", "kind", "table", "entity", "topic"};
  for (const std::string& path : Called(seen, kNames)) {
    const Seen& s = seen.at(path);
    if (DepthOf(path) == 1 && s.texts == records && s.words.size() <= kMostWords) return {path};
  }
  return {};
}

std::string LastOf(const std::string& path) { return Squeezed(std::string_view(path).substr(StepsOf(path).back())); }

std::string LastTwoOf(const std::string& path) {
  const std::vector<size_t> steps = StepsOf(path);
  return Squeezed(std::string_view(path).substr(steps[steps.size() - std::min<size_t>(steps.size(), 2)]));
}

int DepthOf(const std::string& path) { return static_cast<int>(StepsOf(path).size()) - 1; }

}  // namespace tidemark::draft
