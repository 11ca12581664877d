/** The machine below, its containers and its card, the way in, and what watches all of it. */
import { lines, type Section, stat, table } from "./panel.ts";

const disks = 'fstype!~"tmpfs|ramfs|squashfs|overlay|fuse.*|nsfs|efivarfs|vfat"';
const noNode = "no node exporter";
const noContainers = "no cAdvisor";
const noCard = "no card exporter";

const box: Section = {
  title: "Machine and containers",
  panels: [
    lines(
      "CPU",
      "Share of all cores.",
      [{ expr: '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))', legend: "{{instance}}" }],
      {
        ...{ unit: "percentunit", min: 0, max: 1, width: 6, nothing: noNode },
      },
    ),
    lines(
      "Memory",
      "In use, of all there is.",
      [{ expr: "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes", legend: "{{instance}}" }],
      {
        ...{ unit: "percentunit", min: 0, max: 1, width: 6, limits: [[0.95, "red"]], nothing: noNode },
      },
    ),
    lines(
      "Disk reads and writes",
      "Of all disks.",
      [
        { expr: "sum by (instance) (rate(node_disk_read_bytes_total[5m]))", legend: "read {{instance}}" },
        { expr: "sum by (instance) (rate(node_disk_written_bytes_total[5m]))", legend: "written {{instance}}" },
      ],
      { unit: "Bps", min: 0, width: 6, nothing: noNode },
    ),
    lines(
      "Free disk",
      "Of each disk.",
      [{ expr: `min by (mountpoint) (node_filesystem_avail_bytes{${disks}})`, legend: "{{mountpoint}}" }],
      {
        ...{ unit: "bytes", min: 0, width: 6, nothing: noNode },
      },
    ),
    lines(
      "Memory of containers",
      "What each service holds.",
      [{ expr: 'sum by (service) (container_memory_working_set_bytes{service!=""})', legend: "{{service}}" }],
      {
        ...{ unit: "bytes", style: "stack", min: 0, width: 8, nothing: noContainers },
      },
    ),
    lines(
      "CPU of containers",
      "Cores that each service uses.",
      [{ expr: 'sum by (service) (rate(container_cpu_usage_seconds_total{service!=""}[5m]))', legend: "{{service}}" }],
      {
        ...{ unit: "none", style: "stack", min: 0, decimals: 2, width: 8, nothing: noContainers },
      },
    ),
    table(
      "Ended for want of memory",
      "Times that the system ended a process of a container, in the time chosen above.",
      [{ expr: 'sum by (service) (increase(container_oom_events_total{service!=""}[$__range])) > 0', legend: "Times" }],
      { unit: "none", decimals: 0, columns: { service: "Service" }, width: 8, nothing: "none" },
    ),
  ],
};

const card: Section = {
  title: "The card in numbers",
  panels: [
    lines("Busy", "How busy the card was.", [{ expr: "max by (gpu) (DCGM_FI_DEV_GPU_UTIL)", legend: "card {{gpu}}" }], {
      unit: "percent",
      min: 0,
      max: 100,
      width: 6,
      nothing: noCard,
    }),
    lines(
      "Memory in use",
      "Of the card, by all programs together.",
      [{ expr: "max by (gpu) (DCGM_FI_DEV_FB_USED) * 1048576", legend: "card {{gpu}}" }],
      {
        unit: "bytes",
        min: 0,
        width: 6,
        nothing: noCard,
      },
    ),
    lines(
      "Temperature",
      "Of the card's chip. It slows itself down near 90 °C.",
      [{ expr: "max by (gpu) (DCGM_FI_DEV_GPU_TEMP)", legend: "card {{gpu}}" }],
      {
        unit: "celsius",
        min: 20,
        width: 6,
        limits: [[87, "red"]],
        nothing: noCard,
      },
    ),
    lines("Power", "What the card draws.", [{ expr: "max by (gpu) (DCGM_FI_DEV_POWER_USAGE)", legend: "card {{gpu}}" }], {
      unit: "watt",
      min: 0,
      width: 6,
      nothing: noCard,
    }),
    stat(
      "Last Xid",
      "Number of the driver's last fault report; 0 is none. The runbook names the common ones.",
      [{ expr: "max by (gpu) (DCGM_FI_DEV_XID_ERRORS)", legend: "card {{gpu}}" }],
      {
        ...{ unit: "none", decimals: 0, limits: [[1, "orange"]], nothing: noCard },
      },
    ),
    stat(
      "Memory by gpu-host",
      "Free memory of the card as gpu-host sees it.",
      [{ expr: "min by (card) (gpu_host_vram_free_bytes)", legend: "{{card}}" }],
      {
        ...{ unit: "bytes", calm: "blue", nothing: "no card" },
      },
    ),
    stat(
      "Runs that it took over",
      "Runs that gpu-host found alive after a restart, in the last day.",
      "sum(increase(gpu_host_adopted_runs_total[24h]))",
      {
        ...{ unit: "none", decimals: 0, calm: "blue", nothing: "none" },
      },
    ),
    stat(
      "Requests it refused",
      "By gpu-host in the last day: a wrong key, or what it does not take.",
      "sum(increase(gpu_host_refused_requests_total[24h]))",
      {
        ...{ unit: "none", decimals: 0, limits: [[10, "orange"]], nothing: "none" },
      },
    ),
  ],
};

const watchers: Section = {
  title: "The way in, and what watches",
  panels: [
    lines(
      "Requests from outside",
      "Through Traefik, each second, by status.",
      [{ expr: "sum by (code) (rate(traefik_entrypoint_requests_total[5m]))", legend: "{{code}}" }],
      {
        ...{ unit: "reqps", style: "stack", min: 0, width: 8, nothing: "no Traefik" },
      },
    ),
    stat("Certificate", "Days until the first one ends.", "(min(traefik_tls_certs_not_after) - time()) / 86400", {
      ...{ unit: "d", decimals: 0, calm: "red", nothing: "no Traefik", height: 8 },
      limits: [
        [7, "orange"],
        [14, "green"],
      ],
    }),
    lines(
      "Probes",
      "How long a request from outside took.",
      [{ expr: "max by (instance) (probe_duration_seconds)", legend: "{{instance}}" }],
      {
        ...{ unit: "s", min: 0, width: 6, nothing: "no blackbox exporter" },
      },
    ),
    stat(
      "Rules that failed",
      "Of Prometheus in the last hour: alerts that cannot be computed.",
      "sum(increase(prometheus_rule_evaluation_failures_total[1h]))",
      {
        ...{ unit: "none", decimals: 0, limits: [[1, "red"]], width: 3, height: 8, nothing: "0" },
      },
    ),
    stat(
      "Mails that failed",
      "Notifications of the Alertmanager in the last hour that reached nobody.",
      "sum(increase(alertmanager_notifications_failed_total[1h]))",
      {
        ...{ unit: "none", decimals: 0, limits: [[1, "red"]], width: 3, height: 8, nothing: "no Alertmanager" },
      },
    ),
    stat("Series", "That Prometheus holds in memory.", "max(prometheus_tsdb_head_series)", { unit: "none", decimals: 0, calm: "blue" }),
    stat("Its disk", "Bytes of old figures that Prometheus keeps.", "max(prometheus_tsdb_storage_blocks_bytes)", {
      unit: "bytes",
      calm: "blue",
    }),
    stat("Logins", "That Grafana holds.", "max(grafana_stat_active_users)", {
      unit: "none",
      decimals: 0,
      calm: "blue",
      nothing: "no Grafana",
    }),
  ],
};

export const machine: readonly Section[] = [box, card, watchers];
