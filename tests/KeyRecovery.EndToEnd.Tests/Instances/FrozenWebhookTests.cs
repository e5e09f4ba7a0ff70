using System.Collections.Concurrent;
using System.Text.Json;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.EndToEnd.Tests.Instances;

/// <summary>
/// Two processes on one store, of which one sends an app's events. It stands still with a page on its way (SIGSTOP), or
/// dies (SIGKILL); the other one takes the duty over, and then the first one goes on, or is started again.
/// </summary>
public sealed class FrozenWebhookTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    [NeedsFact(Need.CosmosEmulator, Need.Linux)]
    [Trait("Category", "Long")]
    public Task One_instance_sends_at_a_time_and_another_takes_over_without_missing_anything() =>
        RunAsync(isKilled: false);

    [NeedsFact(Need.CosmosEmulator)]
    [Trait("Category", "Hours")]
    public Task One_that_is_killed_is_taken_over_without_missing_anything() => RunAsync(isKilled: true);

    private static async Task RunAsync(bool isKilled)
    {
        var came = new ConcurrentQueue<JsonElement>();
        var (isHeld, sending, most) = (false, 0, 0);
        var builder = WebApplication.CreateSlimBuilder(["--urls", "http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        await using var back = builder.Build();
        back.MapPost("/", async context =>
        {
            var now = Interlocked.Increment(ref sending);
            if (!Volatile.Read(ref isHeld)) most = Math.Max(most, now);
            try
            {
                came.Enqueue((await JsonDocument.ParseAsync(context.Request.Body)).RootElement);
                if (Volatile.Read(ref isHeld)) await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }
            finally
            {
                Interlocked.Decrement(ref sending);
            }
        });
        await back.StartAsync();
        try
        {
            await using var fleet = await InstanceFleet.OpenAsync(
                2, ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"),
                ("Apps:0:Audience", "demo"), ("Apps:0:Events:Webhook", back.Urls.First()));
            await fleet.StartAsync(0);
            await CreateAsync(fleet, 0, "first");
            await UntilAsync(() => Has("first"));
            // The sender stands still in the midst of a page.
            await fleet.StartAsync(1);
            Volatile.Write(ref isHeld, true);
            await CreateAsync(fleet, 1, "in its hands");
            await UntilAsync(() => Has("in its hands"));
            if (isKilled) await fleet.KillAsync(0);
            else await fleet[0].FreezeAsync();
            Volatile.Write(ref isHeld, false);
            await CreateAsync(fleet, 1, "meanwhile");
            await UntilAsync(() => Has("meanwhile"));
            Assert.InRange(came.Count(page => Subjects(page).Contains("in its hands")), 2, int.MaxValue);

            if (isKilled) await fleet.StartAsync(0);
            else fleet[0].GoOn();
            await CreateAsync(fleet, 1, "behind");
            await UntilAsync(() => Has("behind"));
            await fleet.StopAllAsync();
        }
        finally
        {
            await back.StopAsync(new CancellationToken(canceled: true));
        }

        // In the order of the feed, each page as it was first told.
        var order = came.SelectMany(Subjects).Distinct();
        Assert.Equal(["first", "in its hands", "meanwhile", "behind"], order);
        // The one that stood still, and who took over: never two that run.
        Assert.InRange(most, 1, 2);

        bool Has(string subject) => came.Any(page => Subjects(page).Contains(subject));
    }

    private static async Task CreateAsync(InstanceFleet fleet, int instance, string subject)
    {
        using var device = fleet.NewDeviceAt(instance);
        using var vault = await device.CreateAsync(await fleet[instance].TokenAsync(subject), null);
    }

    private static IEnumerable<string> Subjects(JsonElement page) =>
        page.GetProperty("events").EnumerateArray().Select(one => one.GetProperty("subject").GetString()!);

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!isSo()) await Task.Delay(50, limit.Token);
    }
}
