using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Infra.Tests;

/// <summary>Traces and figures by OTLP, read by a program of others, in both protocols that may be set.</summary>
public class OtlpTests
{
    private const string Subject = "margarethe";

    [NeedsFact(Need.Linux)]
    public async Task A_program_of_others_reads_what_a_server_sends_by_either_protocol_and_nobody_is_told_of()
    {
        await using var dashboard = new AspireDashboard();
        foreach (var (protocol, endpoint) in new[] { ("grpc", dashboard.Grpc), ("http/protobuf", dashboard.Http) })
        {
            using var folder = new TempFolder();
            var name = protocol.Replace('/', '-');
            await using var server = await ServerProcess.StartAsync(
                folder["data"], 0, new Dictionary<string, string>
                {
                    ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint, ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
                    ["OTEL_SERVICE_NAME"] = name, ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
                    ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
                });
            using var phone = new TestDevice(server.Address);
            (await phone.CreateAsync(await server.TokenAsync(Subject), code: null)).Dispose();
            var spans = await dashboard.SpansAsync(name, "/v1/accounts");
            // Routes, and no paths, which name accounts.
            Assert.Contains("\"http.route\"", spans, StringComparison.Ordinal);
            Assert.DoesNotContain("\"url.path\"", spans, StringComparison.Ordinal);
            Assert.DoesNotContain(Subject, spans, StringComparison.OrdinalIgnoreCase);
            await dashboard.WaitForFiguresAsync(name);
        }
    }
}
