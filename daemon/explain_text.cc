#include "daemon/explain_text.h"

#include <algorithm>
#include <vector>

#include "daemon/api.h"
#include "daemon/json_writer.h"
#include "daemon/text_buffer.h"

namespace tidemark {
namespace {

void WriteChange(const Change& c, JsonWriter* json) {
  json->Key("from").Number(c.from).Key("to").Number(c.to).Key("change").Number(c.change);
  if (!c.parts) return;
  json->Key("entered").Number(Value::Exact(c.parts->entered)).Key("left").Number(Value::Exact(c.parts->left));
  json->Key("corrected").Number(Value::Exact(c.parts->corrected));
}

void WriteList(const ChangedList& list, JsonWriter* json) {
  json->Key("count").Int(static_cast<int64_t>(list.all)).Key("greatest").BeginArray();
  for (const ChangedSeries& series : list.series) {
    json->BeginObject();
    WriteLabels(list.labels, series.labels, json);
    WriteChange(series.change, json);
    json->EndObject();
  }
  json->EndArray();
}

// Into the object that is open.
void WriteNumber(const ExplainedNumber& number, JsonWriter* json) {
  json->Key("name").String(number.name).Key("window").String(number.window);
  if (!number.no_parts.empty()) json->Key("no_parts").String(number.no_parts);
  if (number.total) {
    json->Key("total").BeginObject();
    WriteChange(*number.total, json);
    json->EndObject();
  }
  json->Key("series").BeginObject();
  WriteList(number.series, json);
  json->EndObject().Key("groups").BeginArray();
  for (const ChangedList& group : number.groups) {
    json->BeginObject().Key("by").String(group.labels[0]);
    WriteList(group, json);
    json->EndObject();
  }
  json->EndArray();
}

void WriteIds(const std::vector<ExplainedId>& ids, const std::vector<std::string>& labels, const char* at, JsonWriter* json) {
  json->BeginArray();
  for (const ExplainedId& id : ids) {
    json->BeginObject().Key("id").String(id.id);
    WriteLabels(labels, id.labels, json);
    json->Key("value").Number(id.value).Key(at);
    if (id.at == kNoEventTime) {
      json->Null();
    } else {
      json->String(FormatRfc3339(id.at));
    }
    json->Key("entered").Bool(id.entered).EndObject();
  }
  json->EndArray();
}

// ---- the table ----

// 1234567.5 as 1,234,567.5.
std::string Grouped(std::string text) {
  const size_t begin = text.starts_with('-') ? 1 : 0;
  const size_t point = std::min(text.find_first_not_of("0123456789", begin), text.size());
  for (size_t at = point; at > begin + 3;) text.insert(at -= 3, ",");
  return text;
}
std::string Shown(const Value& value) { return value.absent() ? "-" : Grouped(value.ToString()); }
std::string Shown(const Decimal& number) { return Grouped(ToString(number)); }
std::string Signed(const Value& value) {
  const std::string text = Shown(value);
  return value.absent() || value.real() == 0 || text.starts_with('-') ? text : "+" + text;
}

// Rows of cells, the first column to the left and the others to the right.
std::string Aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line = "  ";
    for (size_t c = 0; c < row.size(); ++c) {
      const std::string fill(widths[c] - row[c].size(), ' ');
      line += c == 0 ? row[c] + fill : "  " + fill + row[c];
    }
    line.resize(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string LabelsText(const std::vector<std::string>& names, const std::vector<std::string>& values) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), values.size()); ++i) text += (i == 0 ? "" : ", ") + names[i] + "=" + values[i];
  return text.empty() ? "(all)" : ForTerminal(text);
}

std::string Sentence(const Change& c) {
  std::string text = Shown(c.from) + " -> " + Shown(c.to) + ": " + Signed(c.change);
  if (!c.parts) return text;
  text += " = entered " + Shown(c.parts->entered) + " - left " + Shown(c.parts->left);
  return text + " + corrected " + Shown(c.parts->corrected);
}

void PrintList(const ChangedList& list, bool parts, std::string* out) {
  std::vector<std::vector<std::string>> rows = {{"", "from", "to", "change"}};
  if (parts) rows[0].insert(rows[0].end(), {"entered", "left", "corrected"});
  for (const ChangedSeries& series : list.series) {
    const Change& c = series.change;
    rows.push_back({LabelsText(list.labels, series.labels), Shown(c.from), Shown(c.to), Signed(c.change)});
    if (c.parts) rows.back().insert(rows.back().end(), {Shown(c.parts->entered), Shown(c.parts->left), Shown(c.parts->corrected)});
  }
  *out += Aligned(rows);
  if (list.series.size() < list.all) *out += "  ... " + std::to_string(list.all - list.series.size()) + " more\n";
}

void PrintNumber(const ExplainedNumber& number, std::string* out) {
  *out += number.name + ", " + number.window;
  if (number.total) *out += ": " + Sentence(*number.total);
  *out += "\n";
  if (!number.no_parts.empty() && number.total) *out += "no parts: " + number.no_parts + "\n";
  for (const ChangedList& group : number.groups) {
    *out += "\nby " + group.labels[0] + "\n";
    PrintList(group, number.no_parts.empty(), out);
  }
  if (number.total && number.series.labels.empty()) return;
  *out += "\nseries\n";
  PrintList(number.series, number.no_parts.empty(), out);
}

void PrintIds(const std::vector<ExplainedId>& ids, size_t all, const std::vector<std::string>& labels, const char* at, std::string* out) {
  std::vector<std::vector<std::string>> rows = {{"", "value", at, ""}};
  for (const ExplainedId& id : ids) {
    const std::string where = labels.empty() ? "" : " (" + LabelsText(labels, id.labels) + ")";
    const std::string when = id.at == kNoEventTime ? "-" : FormatRfc3339(id.at);
    rows.push_back({ForTerminal(id.id) + where, Shown(id.value), when, id.entered ? "entered" : ""});
  }
  *out += Aligned(rows);
  if (ids.size() < all) *out += "  ... " + std::to_string(all - ids.size()) + " more\n";
}

}  // namespace

std::string ExplanationJson(const Explanation& e) {
  JsonWriter json;
  json.BeginObject().Key("from").String(FormatRfc3339(e.from)).Key("to").String(FormatRfc3339(e.to)).Key("unit").String(e.unit);
  WriteNumber(e.number, &json);
  json.Key("made_of").BeginArray();
  for (const ExplainedNumber& number : e.made_of) {
    json.BeginObject();
    WriteNumber(number, &json);
    json.EndObject();
  }
  json.EndArray();
  if (e.ids) {
    json.Key("ids").BeginObject().Key("partial").Bool(e.ids->partial).Key("count").Int(static_cast<int64_t>(e.ids->all)).Key("greatest");
    WriteIds(e.ids->ids, e.number.series.labels, "at", &json);
    json.Key("left_count").Int(static_cast<int64_t>(e.ids->all_left)).Key("left");
    WriteIds(e.ids->left, e.number.series.labels, "at", &json);
    json.EndObject();
  }
  json.EndObject();
  return std::move(json).Take();
}

std::string ExplanationTable(const Explanation& e) {
  std::string out = "from " + FormatRfc3339(e.from) + ", as shown then, to " + FormatRfc3339(e.to);
  out += (e.unit.empty() ? "" : ", in " + e.unit) + "\n";
  PrintNumber(e.number, &out);
  if (!e.made_of.empty()) out += "\nmade of\n";
  for (const ExplainedNumber& number : e.made_of) {
    out += "\n";
    PrintNumber(number, &out);
  }
  if (!e.ids) return out;
  const auto heading = [&](const char* what, size_t all) {
    out += "\n" + std::to_string(all) + " ids " + what + (e.ids->partial ? " of those there was time to look at" : "") + "\n";
  };
  heading("count", e.ids->all);
  PrintIds(e.ids->ids, e.ids->all, e.number.series.labels, "at, or since", &out);
  if (e.ids->all_left == 0) return out;
  heading("were closed since", e.ids->all_left);
  PrintIds(e.ids->left, e.ids->all_left, e.number.series.labels, "at", &out);
  return out;
}

}  // namespace tidemark
