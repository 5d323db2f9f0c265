#include "daemon/demo/metrics_page.h"

#include <curl/curl.h>

#include <memory>

namespace tidemark::demo {
namespace {

// name="value",... from after '{'; returns what follows '}', nullopt when it is not well formed.
std::optional<std::string_view> ReadLabels(std::string_view rest, Labels* labels) {
  for (;;) {
    if (!rest.empty() && rest[0] == '}') return rest.substr(1);
    const size_t equals = rest.find("=\"");
    if (equals == std::string_view::npos) return std::nullopt;
    std::string& value = (*labels)[std::string(rest.substr(0, equals))];
    size_t at = equals + 2;
    for (; at < rest.size() && rest[at] != '"'; ++at) {
      if (rest[at] != '\\') {
        value += rest[at];
      } else if (++at < rest.size()) {
        value += rest[at] == 'n' ? '\n' : rest[at];
      }
    }
    if (at >= rest.size()) return std::nullopt;
    rest.remove_prefix(at + 1);
    if (!rest.empty() && rest[0] == ',') rest.remove_prefix(1);
  }
}

std::optional<Sample> ReadSample(std::string_view line, std::string_view* series) {
  Sample sample;
  const size_t name_end = line.find_first_of("{ ");
  if (name_end == 0 || name_end == std::string_view::npos) return std::nullopt;
  sample.family = line.substr(0, name_end);
  std::string_view rest = line.substr(name_end);
  if (rest[0] == '{') {
    const auto after = ReadLabels(rest.substr(1), &sample.labels);
    if (!after) return std::nullopt;
    rest = *after;
  }
  *series = line.substr(0, line.size() - rest.size());
  if (rest.size() < 2 || rest[0] != ' ' || rest.find(' ', 1) != std::string_view::npos) return std::nullopt;
  sample.value = rest.substr(1);
  return sample;
}

size_t Append(char* data, size_t size, size_t count, void* to) {
  static_cast<std::string*>(to)->append(data, size * count);
  return size * count;
}

}  // namespace

Result<MetricsPage> MetricsPage::Parse(std::string_view text) {
  MetricsPage page;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line[0] == '#') continue;
    std::string_view series;
    std::optional<Sample> sample = ReadSample(line, &series);
    if (!sample) return Corrupt("not a line of metrics: " + std::string(line.substr(0, 200)));
    if (!page.by_series_.emplace(series, page.samples_.size()).second) {
      return Corrupt("a series is there twice: " + std::string(series.substr(0, 200)));
    }
    page.samples_.push_back(std::move(*sample));
  }
  return page;
}

const Sample* MetricsPage::Find(std::string_view series) const {
  const auto found = by_series_.find(series);
  return found == by_series_.end() ? nullptr : &samples_[found->second];
}

std::vector<const Sample*> MetricsPage::Family(std::string_view name) const {
  std::vector<const Sample*> family;
  for (const Sample& sample : samples_) {
    if (sample.family == name) family.push_back(&sample);
  }
  return family;
}

Result<std::string> Fetch(const std::string& url) {
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  if (curl == nullptr) return Internal("libcurl does not start");
  std::string body;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, 2000L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, Append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) return Unavailable(url + ": " + curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return Unavailable(url + ": HTTP status " + std::to_string(status) + ": " + body.substr(0, 200));
  return body;
}

}  // namespace tidemark::demo
