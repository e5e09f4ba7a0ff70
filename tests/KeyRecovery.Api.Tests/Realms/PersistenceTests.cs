using System.Net;
using System.Net.Http.Headers;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Testing.Realms;
using Microsoft.Extensions.DependencyInjection;
using SQLitePCL;

namespace KeyRecovery.Api.Tests.Realms;

/// <summary>Neither a restart, nor an older data store, nor a moved clock gives a guess back.</summary>
public sealed class PersistenceTests
{
    private const string User = "anna";

    // Puts an older file in the place of the store's.
    [Trait("Store", "Files")]
    [Fact]
    public async Task A_restart_and_yesterdays_data_store_keep_the_count_and_the_realms_keys()
    {
        using var directory = new TempDirectory();
        using var slot = new TestRealmSlot(SystemRandom.Instance);
        var stores = Path.Combine(directory.Path, "stores");
        RealmIdentity realm;
        await using (var host = await TestHost.StartAsync(RealmFixture.Settings, directory: directory))
        {
            await TestAccount.CreateAsync(host);
            var client = await RealmFixture.ConnectAsync(host, subject: User);
            realm = client.Realm;
            await client.RegisterAsync(slot);
            Assert.Equal(9, (await client.GuessAsync(slot)).GuessesLeft);
        }

        var yesterday = Directory.CreateDirectory(Path.Combine(directory.Path, "yesterday")).FullName;
        foreach (var file in Directory.GetFiles(stores))
            File.Copy(file, Path.Combine(yesterday, Path.GetFileName(file)));
        await using (var host = await TestHost.StartAsync(RealmFixture.Settings, directory: directory))
        {
            await TestAccount.CreateAsync(host);
            var client = await RealmFixture.ConnectAsync(host, subject: User);
            Assert.Equal(realm.Fingerprint, client.Realm.Fingerprint);
            Assert.Equal(8, (await client.GuessAsync(slot)).GuessesLeft);
        }

        foreach (var file in Directory.GetFiles(stores)) File.Delete(file);
        foreach (var file in Directory.GetFiles(yesterday))
            File.Copy(file, Path.Combine(stores, Path.GetFileName(file)));
        await using (var host = await TestHost.StartAsync(RealmFixture.Settings, directory: directory))
        {
            var client = await RealmFixture.ConnectAsync(host, subject: User);
            Assert.Equal(7, (await client.GuessAsync(slot)).GuessesLeft);
            Assert.Equal(7, (await client.RegisterAsync(slot)).GuessesLeft);
        }
    }

    [Fact]
    public async Task F25_a_guess_that_comes_too_soon_is_told_when_to_come_and_a_clock_that_is_set_shortens_no_wait()
    {
        var clock = new MovableClock();
        await using var host = await TestHost.StartAsync(
            RealmFixture.Settings, adjust: builder => builder.Services.AddSingleton<TimeProvider>(clock));
        var client = await RealmFixture.ConnectAsync(host, RealmFixture.Waiting, User);
        using var slot = await RealmFixture.RegisteredAsync(client, RealmFixture.Waiting);
        for (var i = 0; i < 2; i++) Assert.Equal(0, (await client.GuessAsync(slot)).NextAttemptInMs);
        Assert.InRange((await client.GuessAsync(slot)).NextAttemptInMs, 1, 60_000);

        var early = await client.GuessAsync(slot);
        Assert.Equal((HttpStatusCode.TooManyRequests, "guess-wait", 7), (early.Code, early.Slug, early.GuessesLeft));
        Assert.InRange(early.NextAttemptInMs, 1, 60_000);
        Assert.Equal(early.NextAttemptInMs, early.Problem.GetProperty("retryAfterMs").GetInt64());
        Assert.InRange(await RetryAfterAsync(host, slot), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));

        foreach (var (days, left, wait) in new[] { (1, 6, 600_000), (-2, 5, 3_600_000), (1, 4, 86_400_000) })
        {
            clock.Move(TimeSpan.FromDays(days));
            var moved = client.As(await host.TokenAsync(User, RealmFixture.Waiting));
            Assert.Equal("guess-wait", (await moved.GuessAsync(slot)).Slug);
            clock.Pass(TimeSpan.FromHours(2));
            var guess = await client.As(await host.TokenAsync(User, RealmFixture.Waiting)).GuessAsync(slot);
            Assert.Equal(("ok", left), (guess.Slug, guess.GuessesLeft));
            Assert.InRange(guess.NextAttemptInMs, wait - 60_000, wait);
        }
    }

    // Another program locks the file.
    [Trait("Store", "Files")]
    [Fact]
    public async Task While_the_key_store_does_not_answer_nothing_is_evaluated()
    {
        await using var host = await TestHost.StartAsync(RealmFixture.Settings);
        var client = await RealmFixture.ConnectAsync(host);
        using var slot = await RealmFixture.RegisteredAsync(client);
        var guess = slot.Guess();
        using (Hold(Path.Combine(host.DataDirectory, "keys", "keys.db")))
        {
            var refused = await client.GuessAsync(guess);
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "unavailable"), (refused.Code, refused.Slug));
        }

        Assert.Equal(9, (await client.GuessAsync(guess)).GuessesLeft);
    }

    // Another program has the file to itself, as a backup tool would.
    private static sqlite3 Hold(string file)
    {
        Assert.Equal(raw.SQLITE_OK, raw.sqlite3_open(file, out var holder));
        Assert.Equal(raw.SQLITE_OK, raw.sqlite3_exec(holder, "BEGIN EXCLUSIVE"));
        return holder;
    }

    private static async Task<TimeSpan> RetryAfterAsync(TestHost host, TestRealmSlot slot)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/realm/evaluate")
        {
            Content = new ByteArrayContent(slot.Guess().Body) { Headers = { ContentType = new("application/cbor") } },
            Headers =
                {
                    Authorization = new AuthenticationHeaderValue(
                        "Bearer", await host.TokenAsync(User, RealmFixture.Waiting)),
                },
        };
        using var response = await host.Client.SendAsync(request);
        return response.Headers.RetryAfter!.Delta!.Value;
    }
}
