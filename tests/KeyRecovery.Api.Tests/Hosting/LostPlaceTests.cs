using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Options;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Api.Verbs;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Stores;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Api.Tests.Hosting;

/// <summary>A place that is lost is never begun anew, and what ends a server ends in an exit code.</summary>
[Trait("Store", "Files")]
public sealed class LostPlaceTests
{
    [Fact]
    public async Task A_lost_list_of_the_erased_keeps_everything_closed_until_somebody_decides()
    {
        using var directory = new TempDirectory();
        var arguments = TestHost.Arguments(directory, null, "Development");
        var options = Server.ReadOptions(arguments);
        await OpenAsync(options);
        var list = Path.Combine(directory.Path, "fence", "tombstones");
        File.Delete(list);
        var said = (await Assert.ThrowsAsync<StoreOpenException>(() => OpenAsync(options))).Message;
        Assert.StartsWith($"{list} is missing. The list of who was erased", said, StringComparison.Ordinal);
        Assert.False(File.Exists(list));

        await File.WriteAllBytesAsync(list, []);
        await OpenAsync(options);
    }

    [Fact]
    public async Task A_lost_log_is_a_sentence_and_no_crash()
    {
        using var directory = new TempDirectory();
        await using (var host = await TestHost.StartAsync(VaultFixture.Settings, directory: directory))
        {
            // Its last batch a log makes anew by itself.
            foreach (var leaves in (string[])["0", "1"])
            {
                await TestAccount.CreateAsync(host, subject: $"user {leaves}");
                while (!File.Exists(Path.Combine(directory.Path, "log", "checkpoint"))
                    || (await host.Client.GetStringAsync("/audit/checkpoint")).Split('\n')[1] == leaves)
                    await Task.Delay(50);
            }
        }

        Directory.Delete(Path.Combine(directory.Path, "log"), recursive: true);
        string[] arguments = [.. TestHost.Arguments(directory, VaultFixture.Settings, "Development")];
        Assert.Throws<LogMismatchException>(() => Server.Build(arguments));
        Assert.Equal(1, await VerbTable.RunAsync(["serve", .. arguments]));
    }

    [Fact]
    public async Task A_duty_that_ends_by_itself_ends_the_server_with_a_code_that_says_so()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddHostedService(_ => new Ending(fails: false));
        using (var host = builder.Build())
        {
            await host.StartAsync();
            await host.StopAsync();
            Assert.Equal(0, ServeVerb.ExitCodeOf(host.Services));
        }

        builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddHostedService(_ => new Ending(fails: true));
        using var failing = builder.Build();
        await failing.StartAsync();
        await failing.WaitForShutdownAsync();
        Assert.Equal(1, ServeVerb.ExitCodeOf(failing.Services));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(-47, null)]
    [InlineData(-49, "is ahead")]
    [InlineData(1, "is behind")]
    public void A_clock_that_the_files_speak_against_is_doubted(int hours, string? doubt)
    {
        using var directory = new TempDirectory();
        var places = Server.ReadOptions(TestHost.Arguments(directory, null, "Development")).Directories;
        var now = new DateTimeOffset(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);
        Assert.Null(ClockDoubt.Of(places, now).Sentence);
        places.Create();
        var newest = Path.Combine(places.Keys, "keys.db");
        var older = Path.Combine(places.Stores, "data.db");
        foreach (var (file, age) in ((string, int)[])[(older, 9_000), (newest, -hours)])
        {
            File.WriteAllBytes(file, []);
            File.SetLastWriteTimeUtc(file, now.UtcDateTime.AddHours(-age));
        }

        var said = ClockDoubt.Of(places, now).Sentence;
        if (doubt is null) Assert.Null(said);
        else Assert.Contains($"{newest} was last written at 2026-11-2", said, StringComparison.Ordinal);
        Assert.Equal(doubt is not null, said?.Contains($"the clock {doubt}", StringComparison.Ordinal) ?? false);
    }

    private static async Task OpenAsync(KeyRecoveryOptions options) =>
        await (await ServerStores.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance)).DisposeAsync();

    private sealed class Ending(bool fails) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            if (fails) throw new InvalidOperationException("it ends");
            await Task.Delay(Timeout.Infinite, stoppingToken);
        }
    }
}
