#include "daemon/draft/observed.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <functional>

#include "pipeline/base/decimal.h"
#include "pipeline/base/time.h"

namespace tidemark::draft {

using google::protobuf::Value;

namespace {

constexpr int kMostLevels = 6;
constexpr size_t kWordBytes = 60;

bool AllDigits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }); }

// Numbers of the years 1980 to 2128 in their unit; no unit's are another's.
TimeForm FormOfNumber(double n) {
  constexpr double kFirst = 3.2e8, kLast = 5e9;
  if (n != std::floor(n)) return TimeForm::kNone;
  constexpr std::array<std::pair<double, TimeForm>, 4> kUnits = {
      {{1, TimeForm::kSeconds}, {1e3, TimeForm::kMillis}, {1e6, TimeForm::kMicros}, {1e9, TimeForm::kNanos}}};
  for (const auto& [unit, form] : kUnits) {
    if (n >= kFirst * unit && n <= kLast * unit) return form;
  }
  return TimeForm::kNone;
}

TimeForm FormOfText(const std::string& text) {
  if (AllDigits(text) && text.size() >= 9 && text.size() <= 19) return FormOfNumber(std::stod(text));
  if (text.size() < 10 || !AllDigits(std::string_view(text).substr(0, 4)) || text[4] != '-' || text[7] != '-') return TimeForm::kNone;
  if (ParseRfc3339(text).ok()) return TimeForm::kIso;
  // As Salesforce writes an offset: +0000.
  if (text.size() > 24 && ParseRfc3339(text.substr(0, text.size() - 2) + ":" + text.substr(text.size() - 2)).ok()) return TimeForm::kIso;
  return ParseRfc3339((text.size() == 10 ? text + "T00:00:00" : text) + "Z").ok() ? TimeForm::kLocal : TimeForm::kNone;
}

void Take(const Value& value, Seen* seen) {
  const bool text = value.kind_case() == Value::kStringValue;
  const TimeForm form = FormOf(value);
  seen->mixed |= seen->count > 0 && form != seen->form;
  seen->form = seen->mixed ? TimeForm::kNone : form;
  ++seen->count;
  seen->texts += text;
  seen->numbers += value.kind_case() == Value::kNumberValue;
  seen->bools += value.kind_case() == Value::kBoolValue;
  seen->numeric += value.kind_case() == Value::kNumberValue || (text && ParseDecimal(value.string_value()).ok());
  if (text && value.string_value().size() <= kWordBytes && seen->words.size() <= kMostWords) seen->words.insert(value.string_value());
  seen->hashes.insert(text ? std::hash<std::string>()(value.string_value()) : std::hash<double>()(value.number_value()));
}

// An array of {key, value}, as GA4's event_params.
void TakeKeyed(const Value& array, SeenPaths* seen) {
  for (const Value& element : array.list_value().values()) {
    const Value* key = Member(element, "key");
    const Value* value = Member(element, "value");
    if (key == nullptr || value == nullptr) continue;
    const std::string step = Step(key->string_value());
    for (const char* kind : {"int_value", "double_value", "float_value", "string_value"}) {
      const Value* one = Member(*value, kind);
      if (step.empty() || one == nullptr || one->kind_case() == Value::kNullValue) continue;
      Take(*one, &(*seen)["param" + step]);
      break;
    }
  }
}

void Below(const Value& value, const std::string& path, int level, const std::set<std::string>& without, SeenPaths* seen) {
  switch (value.kind_case()) {
    case Value::kStructValue:
      if (level == kMostLevels) return;
      for (const auto& name : std::map<std::string, Value>(value.struct_value().fields().begin(), value.struct_value().fields().end())) {
        const std::string step = Step(name.first);
        if (step.empty() || without.contains(path + step)) continue;
        if (name.first == "event_params" && name.second.has_list_value()) {
          TakeKeyed(name.second, seen);
        } else {
          Below(name.second, path + step, level + 1, without, seen);
        }
      }
      return;
    case Value::kStringValue:
    case Value::kNumberValue:
    case Value::kBoolValue:
      if (seen->size() < kMostPaths || seen->contains(path)) Take(value, &(*seen)[path]);
      return;
    default:
      return;
  }
}

}  // namespace

const Value* Member(const Value& value, std::string_view name) {
  if (!value.has_struct_value()) return nullptr;
  const auto& fields = value.struct_value().fields();
  const auto it = fields.find(std::string(name));
  return it == fields.end() ? nullptr : &it->second;
}

const Value* At(const Value& value, const std::vector<std::string>& names) {
  const Value* at = &value;
  for (const std::string& name : names) {
    at = at == nullptr ? nullptr : Member(*at, name);
  }
  return at;
}

std::string TextOf(const Value& value) { return value.kind_case() == Value::kStringValue ? value.string_value() : ""; }

std::string Step(std::string_view name) {
  if (name.empty() || name.size() > 100) return "";
  const auto letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  const bool plain = letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
  if (plain) return "." + std::string(name);
  const bool odd = std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > 0x7e || c == '"' || c == '\\'; });
  return odd ? "" : ".\"" + std::string(name) + "\"";
}

void Observe(const Value& value, const std::string& path, const std::set<std::string>& without, SeenPaths* seen) { Below(value, path, 0, without, seen); }

void ObserveLists(const Value& value, const std::string& path, std::map<std::string, SeenPaths>* lists) {
  constexpr size_t kMostLists = 20;
  if (value.has_list_value() && (lists->size() < kMostLists || lists->contains(path))) {
    for (const Value& element : value.list_value().values()) {
      if (element.has_struct_value()) Below(element, "item", 0, {}, &(*lists)[path]);
    }
  }
  if (!value.has_struct_value() || static_cast<int>(std::count(path.begin(), path.end(), '.')) >= kMostLevels) return;
  for (const auto& [name, member] : value.struct_value().fields()) {
    if (const std::string step = Step(name); !step.empty() && name != "event_params") ObserveLists(member, path + step, lists);
  }
}

TimeForm FormOf(const Value& value) {
  if (value.kind_case() == Value::kNumberValue) return FormOfNumber(value.number_value());
  return value.kind_case() == Value::kStringValue ? FormOfText(value.string_value()) : TimeForm::kNone;
}

std::string TimeCall(TimeForm form, const std::string& path) {
  switch (form) {
    case TimeForm::kSeconds: return "s(" + path + ")";
    case TimeForm::kMillis: return "ms(" + path + ")";
    case TimeForm::kMicros: return "us(" + path + ")";
    case TimeForm::kNanos: return "ns(" + path + ")";
    case TimeForm::kIso: return "iso(" + path + ")";
    case TimeForm::kLocal: return "local(" + path + ", \"UTC\")";
    case TimeForm::kNone: break;
  }
  return path;
}

}  // namespace tidemark::draft
