using System.Net;
using System.Text;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Client.Tests.Linking;

/// <summary>
/// Each request of either side of a linking, one by one, that never arrives or whose answer is lost, and a stranger
/// answers in its place at every attempt: no keys are deleted that may be a device's, no device is left that nobody
/// has, and the second try ends well.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class LostLinkTests(ServerFixture fixture)
{
    private const string Page = "<html>log in to the hotel's network</html>";

    // What tells nothing, one after the other.
    private static readonly Func<HttpResponseMessage>[] Strangers =
    [
        () => throw new HttpRequestException("the cable"),
        () => Told(HttpStatusCode.OK, Page, "text/html"),
        () => Told(HttpStatusCode.OK, Page, "text/plain"),
        () => Told(HttpStatusCode.OK, "{\"status\":\"up\"}", "application/json"),
        () => Told(HttpStatusCode.NotFound, Page, "text/html"),
        () => Told(HttpStatusCode.Gone, "{\"type\":\"about:blank\"}", "application/problem+json"),
        () => Told(HttpStatusCode.BadGateway, Page, "text/html"),
    ];

    public static TheoryData<bool, bool, bool, int> Cases
    {
        get
        {
            var cases = new TheoryData<bool, bool, bool, int>();
            foreach (var ofLaptop in new[] { true, false })
            foreach (var arrives in new[] { true, false })
            foreach (var isBlind in new[] { true, false })
            foreach (var first in Enumerable.Range(0, Rounds.Of(3)))
                cases.Add(ofLaptop, arrives, isBlind, first);
            return cases;
        }
    }

    /// <param name="ofLaptop">Whether the new device's requests are hit; else the existing one's.</param>
    /// <param name="arrives">Whether the server gets the request.</param>
    /// <param name="isBlind">Whether the vault cannot be looked at from then on either.</param>
    /// <param name="first">Which stranger comes first.</param>
    [Theory]
    [Trait("Category", "Rounds")]
    [MemberData(nameof(Cases))]
    public async Task A_request_that_is_lost_costs_no_keys_and_leaves_no_device_that_nobody_has(
        bool ofLaptop, bool arrives, bool isBlind, int first)
    {
        var hits = 0;
        while (true)
        {
            await using var scene = await LinkScene.NewAsync(fixture, Hasty, Hasty);
            await scene.ShowAsync();
            var relay = ofLaptop ? scene.Laptop.Relay : scene.Phone.Relay;
            var wasHit = Hit(relay, hits, arrives, isBlind, Strangers[(first + hits) % Strangers.Length]);
            var joined = await scene.ScanAsync().WaitAsync(TimeSpan.FromMinutes(1));
            await scene.StopAsync();
            (relay.OnRequest, relay.OnResponse) = (null, null);
            if (!wasHit()) break;
            hits++;

            await AssertNothingLostAsync(scene, joined);
            if (joined is Result<Linked>.Ok ok) LinkTable.Use(ok.Value);
            else await AssertSecondEndsWellAsync(scene);
        }
        Assert.True(hits >= 8, $"{hits} requests were hit");
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(true, int.MaxValue)]
    [InlineData(false, 1)]
    [InlineData(false, int.MaxValue)]
    public async Task A_session_whose_opening_is_lost_is_told_and_takes_no_room_from_the_next(bool arrives, int hits)
    {
        await using var scene = await LinkScene.NewAsync(fixture, Hasty, Hasty);
        // More of them than a device may have at once.
        foreach (var stranger in Strangers)
        {
            var hit = HitAll(scene.Phone.Relay, HttpMethod.Post, "/v1/links", arrives, hits, stranger);
            var begun = await scene.OnPhone.BeginLinkAsync();
            Assert.True(hit() > 0);
            (scene.Phone.Relay.OnRequest, scene.Phone.Relay.OnResponse) = (null, null);
            if (begun.TryGet(out var link, out var failure)) await link.DisposeAsync();
            else Assert.IsType<ClientFailure.Transient>(failure);
        }
        await scene.RunAsync();
        TestDevice.Value(await scene.Existing);
        Assert.Equal(TestDevice.Value(await scene.Joining).Vault.Device, Assert.Single(await OthersAsync(scene)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_session_whose_end_is_lost_has_linked_all_the_same_and_the_next_one_links_too(bool arrives)
    {
        foreach (var stranger in Strangers)
        {
            await using var scene = await LinkScene.NewAsync(fixture, Hasty, Hasty);
            var relay = scene.Phone.Relay;
            var hit = HitAll(relay, HttpMethod.Delete, "/v1/links/", arrives, int.MaxValue, stranger);
            await scene.RunAsync();
            Assert.True(hit() > 0);
            (relay.OnRequest, relay.OnResponse) = (null, null);
            var linked = TestDevice.Value(await scene.Joining);
            Assert.Equal(linked.Vault.Device, TestDevice.Value(await scene.Existing).Id);
            Assert.Equal(scene.Bundle, linked.Bundle.Span.ToArray());
            Assert.Equal(linked.Vault.Device, Assert.Single(await OthersAsync(scene)));
            TestDevice.Value(await linked.Vault.PutAsync("b", "from the laptop"u8.ToArray()));

            using var tablet = new TestDevice(fixture.Server.Address, adjust: Hasty);
            linked.Bundle.Dispose();
            linked.Vault.Dispose();
            var shown = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            await scene.ShowAsync(() => shown.Task);
            var third = TestDevice.Value(await LinkScene.ScanAsync(
                tablet, scene.QrText, digits => shown.TrySetResult(digits)));
            LinkTable.Use(third);
            Assert.Equal(2, (await OthersAsync(scene)).Count);
        }
    }

    private static async Task AssertNothingLostAsync(LinkScene scene, Result<Linked> joined)
    {
        using var kept = await scene.Laptop.Store.LoadAsync(default);
        var others = await OthersAsync(scene);
        Assert.All(others, id => Assert.Equal(kept?.Device, id));
        if (joined is not Result<Linked>.Failed { Failure: var failure }) return;
        Assert.True(kept is not null == failure is ClientFailure.LinkUnfinished, $"{kept?.Pending.Length} {failure}");
        Assert.True(
            (failure is ClientFailure.LinkUnfinished { Why: var why } ? why : failure) is ClientFailure.Transient
                or ClientFailure.LinkGone or ClientFailure.LinkEnded { Reason: LinkFailure.Cancelled },
            $"{failure}");
    }

    private static async Task AssertSecondEndsWellAsync(LinkScene scene)
    {
        using (var kept = await scene.Laptop.Store.LoadAsync(default))
        {
            // It has read the account: only what the phone hands over besides is missing.
            if (kept is { Pending.IsEmpty: true })
            {
                using var opened = TestDevice.Value(await scene.Laptop.Client.OpenAsync());
                TestDevice.Value(await opened.PutAsync("b", "from the laptop"u8.ToArray()));
                return;
            }
        }
        await scene.ShowAsync();
        var linked = TestDevice.Value(await scene.ScanAsync().WaitAsync(TimeSpan.FromMinutes(1)));
        await scene.StopAsync();
        Assert.Equal(linked.IsFromBefore ? 0 : scene.Bundle.Length, linked.Bundle.Length);
        Assert.Equal([linked.Vault.Device], await OthersAsync(scene));
        TestDevice.Value(await linked.Vault.PutAsync("b", "from the laptop"u8.ToArray()));
        LinkTable.Use(linked);
    }

    private static async Task<List<AuthorityId>> OthersAsync(LinkScene scene)
    {
        TestDevice.Value(await scene.OnPhone.RefreshAsync());
        return
        [
            .. scene.OnPhone.Authorities
                .Where(a => a.Kind == AuthorityKind.Device && a.Id != scene.OnPhone.Device).Select(a => a.Id),
        ];
    }

    // The session's end is the one that is let through: else the other side would wait for minutes.
    private static Func<bool> Hit(
        RelayHandler relay, int number, bool arrives, bool isBlind, Func<HttpResponseMessage> stranger)
    {
        var (seen, isHit) = (new List<string>(), false);
        relay.OnRequest = (request, _) => Meets(request) && !arrives ? stranger() : null;
        relay.OnResponse = (request, response) =>
        {
            if (Meets(request)) Replace(response, stranger);
        };
        return () => isHit;

        bool Meets(HttpRequestMessage request)
        {
            var name = $"{request.Method} {request.RequestUri!.AbsolutePath}";
            lock (seen)
            {
                if (request.Method == HttpMethod.Delete) return false;
                if (!seen.Contains(name)) seen.Add(name);
                var meets = seen.IndexOf(name) == number || (isHit && isBlind && name == "GET /v1/vault");
                isHit |= meets;
                return meets;
            }
        }
    }

    // The first requests of a kind, as they come.
    private static Func<int> HitAll(
        RelayHandler relay, HttpMethod method, string path, bool arrives, int most, Func<HttpResponseMessage> stranger)
    {
        var hits = 0;
        relay.OnRequest = (request, _) => !arrives && Meets(request) ? stranger() : null;
        relay.OnResponse = (request, response) =>
        {
            if (arrives && Meets(request)) Replace(response, stranger);
        };
        return () => hits;

        bool Meets(HttpRequestMessage request) => request.Method == method
            && request.RequestUri!.AbsolutePath is var at
            && (path[^1] == '/' ? at.StartsWith(path, StringComparison.Ordinal) : at == path)
            && Interlocked.Increment(ref hits) <= most;
    }

    private static void Replace(HttpResponseMessage response, Func<HttpResponseMessage> stranger)
    {
        using var told = stranger();
        (response.StatusCode, response.Content) =
            (told.StatusCode, new ByteArrayContent(told.Content.ReadAsByteArrayAsync().Result));
        response.Content.Headers.ContentType = told.Content.Headers.ContentType;
    }

    private static KeyRecoveryOptions Hasty(KeyRecoveryOptions options) =>
        options with { Attempts = 2, RetryDelay = TimeSpan.FromMilliseconds(1) };

    private static HttpResponseMessage Told(HttpStatusCode status, string body, string type) =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, type) };
}
