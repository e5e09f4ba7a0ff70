using System.Globalization;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using KeyRecovery.Api.Endpoints;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Verbs;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Linking;

namespace KeyRecovery.Infra.Tests;

/// <summary>
/// The numbers of proxies, units, the compose file, the cluster's objects and Azure's templates, held against those of
/// the server. What each has to be stands in one table, and a number that is not where the table looks fails it.
/// </summary>
public partial class LimitTests
{
    // A stop is to end by itself before somebody ends it.
    private const int SecondsToEnd = 5;

    // Where a poll is answered, an answer still has to travel.
    private const int SecondsToTravel = 10;

    private static double Drained => Drain.Limit.TotalSeconds + SecondsToEnd;

    private static double Polled => LinkRelayLimits.MaxWait.TotalSeconds + SecondsToTravel;

    private static double Idle => KestrelSetup.IdleLimit.TotalSeconds;

    private static double Body => Math.Max(SubjectLines.MostBytes, Limits.RepairBytes);

    /// <summary>File, where its number stands, in what unit, and from what to what it may be.</summary>
    public static TheoryData<string, string, double, double, double> Numbers => new()
    {
        { "proxies/nginx.conf", @"client_max_body_size (\d+)m;", 1 << 20, Body, 2 * Body },
        { "proxies/nginx.conf", @"proxy_read_timeout (\d+)s;", 1, Polled, Idle },
        { "proxies/nginx.conf", @"keepalive_timeout (\d+)s;", 1, 10, Idle - SecondsToTravel },
        { "compose/Caddyfile", @"max_size (\d+)MB", 1e6, Body, 2 * Body },
        { "compose/Caddyfile", @"response_header_timeout (\d+)s", 1, Polled, Idle },
        { "compose/Caddyfile", @"keepalive (\d+)s", 1, 10, Idle - SecondsToTravel },
        { "compose/compose.yaml", @"stop_grace_period: (\d+)s", 1, Drained, 120 },
        { "compose/compose.yaml", @"timeout: (\d+)s", 1, HealthVerb.Limit.TotalSeconds + 1, 10 },
        { "systemd/keyrecovery.service", @"TimeoutStopSec=(\d+)", 1, Drained, 120 },
        { "kubernetes/keyrecovery.yaml", @"terminationGracePeriodSeconds: (\d+)", 1, Drained, 120 },
        { "bicep/server.bicep", @"terminationGracePeriodSeconds: (\d+)", 1, Drained, 120 },
    };

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Each_number_of_a_file_goes_with_the_servers(
        string file, string where, double unit, double least, double most)
    {
        var number = unit * double.Parse(
            Assert.Single(Regex.Matches(Text(file), where)).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.InRange(number, least, most);
        // The table itself: it says something.
        Assert.True(least < most);
    }

    [Fact]
    public void Whoever_asks_for_readiness_has_noticed_before_a_stopping_server_takes_no_connection()
    {
        var drain = int.Parse(Settings["KeyRecovery__DrainSeconds"], CultureInfo.InvariantCulture);
        Assert.True(drain < Drain.Limit.TotalSeconds);
        var pod = Objects<V1Deployment>().Spec.Template.Spec.Containers.Single();
        Assert.InRange(pod.ReadinessProbe.PeriodSeconds!.Value * pod.ReadinessProbe.FailureThreshold!.Value, 1, drain);
        var bicep = Text("bicep/server.bicep");
        Assert.Contains($"DrainSeconds', value: '{drain}'", bicep, StringComparison.Ordinal);
        var probes = Probe().Matches(bicep).Select(match => (
            Type: match.Groups[1].Value, Period: Int(match, 2), Timeout: Int(match, 3), Failures: Int(match, 4)))
            .ToDictionary(probe => probe.Type);
        Assert.Equal(["Liveness", "Readiness", "Startup"], probes.Keys.Order(StringComparer.Ordinal));
        Assert.InRange(probes["Readiness"].Period * probes["Readiness"].Failures, 1, drain);
        // The platform's bounds (ContainerAppProbe); two minutes for what an upgrade or a crash has left.
        Assert.All(probes.Values, probe => Assert.InRange(probe.Failures, 1, 10));
        Assert.All(probes.Values, probe => Assert.InRange(probe.Period, 1, 240));
        Assert.All(probes.Values, probe => Assert.InRange(probe.Timeout, 1, 240));
        Assert.InRange(probes["Startup"].Period * probes["Startup"].Failures, 120, 600);
    }

    [Fact]
    public void An_instance_may_go_and_the_rates_are_divided_by_as_many_as_there_are()
    {
        var deployment = Objects<V1Deployment>().Spec;
        Assert.Equal($"{deployment.Replicas}", Settings["KeyRecovery__Instances"]);
        Assert.Equal($"{deployment.Replicas - 1}", Objects<V1PodDisruptionBudget>().Spec.MinAvailable.Value);
        Assert.Equal("0", deployment.Strategy.RollingUpdate.MaxSurge.Value);
        Assert.Contains("'KeyRecovery__Instances', value: string(mostInstances)", Text("main.bicep"),
            StringComparison.Ordinal);
        // Where the server listens.
        foreach (var file in (string[])[
            "proxies/nginx.conf", "compose/compose.yaml", "systemd/keyrecovery.service", "bicep/server.bicep",
        ])
            Assert.Contains("5080", Text(file), StringComparison.Ordinal);
    }

    private static int Int(Match match, int group) =>
        int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    private static string Text(string file) => File.ReadAllText(Path.Combine(Infra.Folder, file));

    private static IDictionary<string, string> Settings => All().OfType<V1ConfigMap>()
        .Single(map => map.Name() == "settings").Data;

    private static T Objects<T>() => All().OfType<T>().Single();

    private static List<object> All() =>
        KubernetesYaml.LoadAllFromString(Text("kubernetes/keyrecovery.yaml"), strict: true);

    [GeneratedRegex(
        @"type: '(Startup|Liveness|Readiness)'\s+httpGet: [^\n]+\s+periodSeconds: (\d+)\s+timeoutSeconds: (\d+)\s+"
        + @"failureThreshold: (\d+)")]
    private static partial Regex Probe();
}
