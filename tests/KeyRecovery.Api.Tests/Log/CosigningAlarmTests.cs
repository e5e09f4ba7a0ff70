using System.Globalization;
using System.Net;
using System.Net.Sockets;
using KeyRecovery.Api.Maintenance;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Log;

/// <summary>
/// What is published falls behind for want of cosignatures: a metric and an alarm say so, and how far.
/// </summary>
public sealed class CosigningAlarmTests
{
    [Fact]
    public async Task A_minute_without_a_quorum_is_an_alarm_that_tells_how_far_behind_it_is()
    {
        using var directory = new TempDirectory();
        var clock = new MovableClock();
        await using var host = await TestHost.StartAsync(
            new() { ["Log:Policy"] = await PolicyAsync(directory) },
            adjust: builder => builder.Services.AddSingleton<TimeProvider>(clock), directory: directory);
        using var alarms = new Alarms(host);
        var work = host.Services.GetRequiredService<CosignWork>();
        await TestAccount.CreateAsync(host);
        await TestAccount.CreateAsync(host);

        await UntilAsync(async () =>
        {
            await work.RunAsync(default);
            return alarms.Count("keyrecovery.log_uncosigned") > 0;
        });
        Assert.Equal(0, alarms.Errors("LogUncosigned"));
        clock.Pass(TimeSpan.FromSeconds(61));
        await UntilAsync(async () =>
        {
            await work.RunAsync(default);
            return alarms.Errors("LogUncosigned") > 0;
        });

        Assert.Contains("\"EventId\":{\"Id\":66", host.ReadLog().Replace(" ", "", StringComparison.Ordinal),
            StringComparison.Ordinal);
        // Once a minute, and not with each round.
        await work.RunAsync(default);
        Assert.Equal(1, alarms.Errors("LogUncosigned"));
        using var live = await host.Client.GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        // What nobody cosigned is not there to be read, and what waits is no more than cosignatures.
        using var published = await host.Client.GetAsync("/audit/checkpoint");
        Assert.Equal(HttpStatusCode.NotFound, published.StatusCode);
        Assert.Equal(0, alarms.Errors("LogLate", "LogFailed", "CosigningFailed"));
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!await isSo()) await Task.Delay(50, limit.Token);
    }

    // A port that was free a moment ago: nobody answers there.
    private static async Task<string> PolicyAsync(TempDirectory directory)
    {
        using var port = new TcpListener(IPAddress.Loopback, 0);
        port.Start();
        var address = port.LocalEndpoint;
        port.Stop();
        var key = NoteKey.Of("w.example", NoteSignatureType.Cosignature, SigningKey.FromSeed(new byte[32]).PublicKey);
        var path = Path.Combine(directory.Path, "policy");
        await File.WriteAllTextAsync(path, string.Create(
            CultureInfo.InvariantCulture, $"witness w {key} http://{address}\nquorum w\n"));
        return path;
    }
}
