using System.Net.Sockets;
using KeyRecovery.Client.Tests.Devices;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Client.Tests.Calls;

/// <summary>
/// No exception escapes a call that gives a result, whatever an argument, a store, a handler or a callback does:
/// <see cref="OperationCanceledException"/> where the call's own token is cancelled, and
/// <see cref="ArgumentNullException"/> for a null that the signature does not allow. Calls are found by reflection, so
/// that a new one is covered by itself; afterwards the account opens.
/// </summary>
[Collection(ServerTests.Name)]
public sealed class NoExceptionTests(ServerFixture fixture)
{
    // Enough for a call that answers; one that waits for another device ends with it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Waiting = TimeSpan.FromMilliseconds(400);

    private static readonly Func<Exception>[] Thrown =
    [
        () => new IOException("No space left on device"), () => new UnauthorizedAccessException("read-only"),
        () => new InvalidOperationException("arbitrary"), () => new NullReferenceException("arbitrary"),
        () => new OperationCanceledException("of another token"), () => new DeviceStoreException("damaged"),
        () => new ObjectDisposedException("something"), () => new SocketException(), () => new TimeoutException(),
    ];

    public static TheoryData<string> Calls => [.. PublicCall.All.Keys];

    [Fact]
    public void Calls_are_found()
    {
        Assert.True(PublicCall.All.Count > 40, string.Join("\n", PublicCall.All.Keys));
        Assert.Contains("VaultSession.PutAsync", PublicCall.All.Keys);
        Assert.Contains("PassphraseManager.SetAsync", PublicCall.All.Keys);
        Assert.Contains("KeyRecoveryClient.ForgetAsync", PublicCall.All.Keys);
        // What gives nothing has to throw: only a store or a cache may, which an app writes itself.
        Assert.Empty(PublicCall.Without);
    }

    [Fact]
    public async Task A_plan_for_nobody_removes_nobody_and_one_of_null_is_refused()
    {
        using var phone = new TestDevice(fixture.Server.Address);
        using var vault = await RevocationTests.NewAccountAsync(phone, fixture, null);
        foreach (var isStolen in new[] { true, false })
        {
            var nobody = new RevocationRequest(default) { Stolen = isStolen, Keep = default, InHand = default };
            Assert.Empty(vault.PlanRevocation(nobody).Goes);
            Assert.Empty(vault.PlanRevocation(nobody with { Ids = default }).Goes);
            Assert.IsType<ClientFailure.Invalid>(TestDevice.Failure(await vault.RevokeAsync(nobody)));
        }
        Assert.Throws<ArgumentNullException>("request", () => vault.PlanRevocation(null!));
    }

    [Theory]
    [Trait("Category", "Rounds")]
    [MemberData(nameof(Calls))]
    public async Task A_store_that_throws_is_told_as_a_failure(string name)
    {
        var call = PublicCall.All[name];
        await using var world = await CallWorld.MakeAsync(fixture, call);
        foreach (var thrown in SomeFor(name))
            foreach (var at in (string[])["LoadAsync", "SaveAsync", "NoteAsync", "HoldAsync", "DeleteAsync", ""])
                await RunAsync(
                    world, call, () => world.StoreTrouble = here => at is "" || at == here ? thrown() : null);
        Assert.Null(await world.FindFaultAsync());
    }

    [Theory]
    [Trait("Category", "Rounds")]
    [MemberData(nameof(Calls))]
    public async Task A_handler_that_throws_is_told_as_a_failure(string name)
    {
        var call = PublicCall.All[name];
        await using var world = await CallWorld.MakeAsync(fixture, call);
        foreach (var thrown in SomeFor(name))
        {
            await RunAsync(world, call, () => world.Relay.OnRequest = (_, _) => throw thrown());
            await RunAsync(world, call, () => world.Relay.OnResponse = (_, _) => throw thrown());
        }
        Assert.Null(await world.FindFaultAsync());
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_mistaken_argument_is_told_as_a_failure(string name)
    {
        var call = PublicCall.All[name];
        await using var world = await CallWorld.MakeAsync(fixture, call);
        for (var i = 0; i < call.Parameters.Length; i++)
        {
            var at = i;
            foreach (var mistake in world.Mistakes(call.Parameters[i]))
                await RunAsync(world, call, () => { }, arguments => arguments[at] = mistake);
        }
        Assert.Null(await world.FindFaultAsync());
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_null_is_refused_before_anything_is_done_where_the_signature_allows_none(string name)
    {
        var call = PublicCall.All[name];
        await using var world = await CallWorld.MakeAsync(fixture, call);
        for (var i = 0; i < call.Parameters.Length; i++)
        {
            var at = i;
            if (call.Parameters[i].ParameterType.IsValueType) continue;
            if (!PublicCall.NeedsValue(call.Parameters[i]))
            {
                await RunAsync(world, call, () => { }, arguments => arguments[at] = null);
                continue;
            }
            var requests = 0;
            var thrown = await Assert.ThrowsAsync<ArgumentNullException>(() => RunAsync(
                world, call, () => requests = world.Relay.Requests, arguments => arguments[at] = null));
            Assert.Equal((call.Parameters[i].Name, requests), (thrown.ParamName, world.Relay.Requests));
        }
        Assert.Null(await world.FindFaultAsync());
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_cancelled_call_ends_as_it_was_asked(string name)
    {
        var call = PublicCall.All[name];
        await using var world = await CallWorld.MakeAsync(fixture, call);
        using var cancelled = new CancellationTokenSource();
        await RunAsync(world, call, cancelled.Cancel, end: cancelled.Token);
        using var later = new CancellationTokenSource();
        await RunAsync(
            world, call, () => world.Relay.OnRequest = (_, _) =>
            {
                later.Cancel();
                return null;
            }, end: later.Token);
        Assert.Null(await world.FindFaultAsync());
    }

    // Others for each call, where they are some.
    private static IEnumerable<Func<Exception>> SomeFor(string call) =>
        Enumerable.Range(0, Rounds.Of(Thrown.Length, 2)).Select(i => Thrown[(call.Length + i) % Thrown.Length]);

    private static async Task RunAsync(
        CallWorld world, PublicCall call, Action begin, Action<object?[]>? change = null,
        CancellationToken end = default)
    {
        (world.StoreTrouble, world.Relay.OnRequest, world.Relay.OnResponse) = (null, null, null);
        var on = await world.OnAsync(call);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(end);
        var arguments = new object?[call.Parameters.Length];
        for (var i = 0; i < arguments.Length; i++)
            arguments[i] = await world.ValueAsync(call.Parameters[i], late.Token);
        change?.Invoke(arguments);
        late.CancelAfter(call.Name is "ExistingDeviceLink.RunAsync" or "KeyRecoveryClient.LinkAsync"
            ? Waiting : Patience);
        begin();
        try
        {
            await call.InvokeAsync(on, arguments);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            // As it was asked.
        }
        catch (Exception escaped) when (escaped is not ArgumentNullException || change is null)
        {
            Assert.Fail($"{call.Name} threw {escaped}");
        }
    }
}
