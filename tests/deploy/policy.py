"""What the manifests promise beyond what any API server asks for. `violations` is a pure function of rendered objects."""

LONGEST_END = 5  # seconds that the daemon takes at most to end: daemon/README.md


def _walk(workload):
    """The pod template of a workload."""
    spec = workload["spec"]
    return spec["jobTemplate"]["spec"]["template"] if workload["kind"] == "CronJob" else spec.get("template", workload)


def _pod(pod):
    context = pod.get("securityContext", {})
    yield context.get("runAsNonRoot") is True, "runs as root"
    yield context.get("runAsUser") == 65532 == context.get("runAsGroup") == context.get("fsGroup"), "is not user, group and fsGroup 65532"
    yield context.get("seccompProfile", {}).get("type") == "RuntimeDefault", "has no seccomp profile"
    yield pod.get("automountServiceAccountToken") is False, "mounts a token of the API server"
    yield pod.get("enableServiceLinks") is False, "has the names of all services in its environment"
    yield not any("hostPath" in volume for volume in pod.get("volumes", [])), "mounts the host"
    for container in pod["containers"]:
        own = container.get("securityContext", {})
        name = container["name"]
        yield own.get("readOnlyRootFilesystem") is True, f"{name} can write to its root"
        yield own.get("allowPrivilegeEscalation") is False, f"{name} can gain privileges"
        yield own.get("capabilities", {}).get("drop") == ["ALL"], f"{name} has capabilities"
        yield not _secret_in_environment(container), f"{name} has a secret in its environment"


def _secret_in_environment(container):
    return any("secretKeyRef" in entry.get("valueFrom", {}) for entry in container.get("env", []))


def _memory(workload):
    for container in _walk(workload)["spec"]["containers"]:
        limits, requests = (container.get("resources", {}).get(key, {}) for key in ("limits", "requests"))
        yield "memory" in limits, "has no limit of memory for the budget to follow"
        yield limits.get("memory") == requests.get("memory"), "requests other memory than its limit"


def _probe(container, name, path):
    probe = container.get(name, {})
    asked = probe.get("httpGet", {}).get("path") or f"/-/{(probe.get('exec', {}).get('command') or ['', '', ''])[2]}"
    return asked == path


def _stateful(workload):
    spec = workload["spec"]
    pod = spec["template"]["spec"]
    yield spec.get("podManagementPolicy") == "Parallel", "starts pods one after the other"
    yield "persistentVolumeClaimRetentionPolicy" in spec, "doesn't say what becomes of its volumes"
    mounted = {m["mountPath"]: m["name"] for c in pod["containers"] for m in c.get("volumeMounts", [])}
    claims = {claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", [])}
    yield mounted.get("/var/lib/tidemark") in claims, "keeps its state on no volume"
    yield pod["securityContext"].get("fsGroupChangePolicy") == "OnRootMismatch", "changes the owner of every file at each start"
    yield pod.get("terminationGracePeriodSeconds", 30) >= 2 * LONGEST_END, "is killed before it can have ended"
    container = pod["containers"][0]
    yield _probe(container, "startupProbe", "/-/healthy"), "has a startup probe that waits for Kafka"
    yield _probe(container, "livenessProbe", "/-/healthy"), "is killed while it restores"
    yield _probe(container, "readinessProbe", "/-/ready"), "is ready before it is"
    yield _reload_or_checksum(spec["template"]), "follows its configuration in two ways, or in none"


def _reload_or_checksum(template):
    interval = [a for a in template["spec"]["containers"][0]["args"] if a.startswith("--config.reload-interval=")]
    return bool(interval) != ("checksum/config" in template["metadata"].get("annotations", {}))


def _around(objects, workload):
    kinds = {}
    for o in objects:
        kinds.setdefault(o["kind"], []).append(o)
    labels = workload["spec"]["template"]["metadata"]["labels"]

    def selects(selector):
        return bool(selector) and selector.items() <= labels.items()

    governing = [s for s in kinds.get("Service", []) if s["metadata"]["name"] == workload["spec"]["serviceName"]]
    yield len(governing) == 1 and governing[0]["spec"].get("clusterIP") == "None", "has no headless service"
    for service in governing:
        yield service["spec"].get("publishNotReadyAddresses") is True, "is not scraped while it restores"
        yield selects(service["spec"]["selector"]), "is not in its service"
    for budget in kinds.get("PodDisruptionBudget", []):
        yield budget["spec"].get("maxUnavailable") == 1 and "minAvailable" not in budget["spec"], "blocks the drain of its node"
        yield selects(budget["spec"]["selector"]["matchLabels"]), "is not in its disruption budget"
    for policy in kinds.get("NetworkPolicy", []):
        spec = policy["spec"]
        yield selects(spec["podSelector"].get("matchLabels", {})), "is not in its network policy"
        yield set(spec["policyTypes"]) == {"Ingress", "Egress"}, "has a network policy for one direction"
        yield all(rule.get("from") and rule.get("ports") for rule in spec["ingress"]), "is open to everybody"
        yield any(port["port"] == 53 for rule in spec["egress"] for port in rule["ports"]), "can't resolve names"
    for monitor in kinds.get("ServiceMonitor", []):
        wanted = monitor["spec"]["selector"]["matchLabels"]
        found = [s for s in kinds.get("Service", []) if wanted.items() <= s["metadata"].get("labels", {}).items()]
        yield found == governing, "is scraped over other services than the headless one"


def violations(objects):
    """One line for each promise that is broken."""
    said = []

    def note(workload, claims):
        said.extend(f"{workload['kind']} {workload['metadata']['name']} {text}" for held, text in claims if not held)

    workloads = [o for o in objects if o["kind"] in ("StatefulSet", "CronJob", "Pod", "Deployment", "Job")]
    for workload in workloads:
        note(workload, _pod(_walk(workload)["spec"]))
    stateful = [w for w in workloads if w["kind"] == "StatefulSet"]
    if len(stateful) != 1:
        return said + [f"{len(stateful)} StatefulSets"]
    note(stateful[0], _stateful(stateful[0]))
    note(stateful[0], _around(objects, stateful[0]))
    return said


def unbounded(objects):
    """Workloads whose memory has no limit: the chart leaves that to its values, so it is asked apart."""
    return [f"{w['metadata']['name']} {text}" for w in objects if w["kind"] in ("StatefulSet", "CronJob")
            for held, text in _memory(w) if not held]
