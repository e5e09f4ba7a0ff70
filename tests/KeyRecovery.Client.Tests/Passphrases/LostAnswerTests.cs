using KeyRecovery.Protocol.Realms;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Passphrases;

/// <summary>
/// The network goes at the worst moment of setting a passphrase: one of the two works afterwards, whatever was told.
/// </summary>
[Collection(RealmTests.Name)]
public sealed class LostAnswerTests(RealmsFixture fixture)
{
    private const string New = "another horse battery staple";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_answer_to_the_commit_is_lost_and_the_new_one_works(bool isOutageLong)
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1, 2]);
        var isOut = false;
        world.Phone.Relay.OnAnswer = (request, body) =>
        {
            if (request.RequestUri!.AbsolutePath != "/v1/commits") return body;
            isOut = isOutageLong;
            throw new HttpRequestException("the answer is lost");
        };
        world.Phone.Relay.OnRequest = (request, _) =>
            isOut && request.RequestUri!.AbsolutePath == "/v1/vault"
                ? throw new HttpRequestException("still out") : null;

        var failure = await world.SetAsync(New);

        if (isOutageLong) Assert.IsType<ClientFailure.Transient>(failure);
        else Assert.Null(failure);
        await OneWorksAsync(world, New);
    }

    [Fact]
    public async Task The_commit_never_arrives_and_the_old_one_works()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1, 2]);
        world.Phone.Relay.OnRequest = (request, _) =>
            request.RequestUri!.AbsolutePath == "/v1/commits"
                ? throw new HttpRequestException("it never arrives") : null;

        Assert.IsType<ClientFailure.Transient>(await world.SetAsync(New));
        await OneWorksAsync(world, PassphraseWorld.Right);
    }

    [Fact]
    public async Task The_commit_arrives_long_after_it_was_given_up_and_the_new_one_works()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1, 2]);
        HttpRequestMessage? late = null;
        world.Phone.Relay.OnRequest = (request, body) =>
        {
            if (request.RequestUri!.AbsolutePath != "/v1/commits") return null;
            late = Copy(request, body);
            throw new HttpRequestException("it is on its way");
        };
        Assert.IsType<ClientFailure.Transient>(await world.SetAsync(New));

        // Somewhere in between it waited, and now it is there.
        using var http = new HttpClient();
        using (var arrived = await http.SendAsync(late!)) Assert.True(arrived.IsSuccessStatusCode);

        await OneWorksAsync(world, New);
        // The next look tells the realms that the account relies on it.
        TestDevice.Value(await world.Vault.RefreshAsync());
        Assert.All(
            TestDevice.Value(await world.Vault.Passphrase.StatusAsync()),
            s => Assert.Equal(RealmSlotState.Live, s.State));
    }

    [Fact]
    public async Task The_server_refuses_the_commit_and_the_old_one_works()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1, 2]);
        using var young = world.NewDevice();
        using var onYoung = await young.RecoverAsync(world.Code);
        using var passphrase = RealmsFixture.Of(New);

        var refused = Assert.IsType<ClientFailure.Refused>(
            TestDevice.Failure(await onYoung.Passphrase.SetAsync(passphrase, await fixture.SetAsync(world.Subject))));

        Assert.Equal("young-authority", refused.Type);
        // At the realms the new one gives way by itself, as they never see it in the chain.
        await OneWorksAsync(world, PassphraseWorld.Right);
    }

    [Fact]
    public async Task It_is_cancelled_while_the_commit_is_under_way_and_the_new_one_works()
    {
        using var world = await PassphraseWorld.CreateAsync(fixture, [0, 1, 2]);
        using var cancel = new CancellationTokenSource();
        world.Phone.Relay.OnAnswer = (request, body) =>
        {
            if (request.RequestUri!.AbsolutePath == "/v1/commits") cancel.Cancel();
            cancel.Token.ThrowIfCancellationRequested();
            return body;
        };
        using var passphrase = RealmsFixture.Of(New);
        var set = await fixture.SetAsync(world.Subject);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => world.Vault.Passphrase.SetAsync(passphrase, set, cancel.Token));
        await OneWorksAsync(world, New);
    }

    private static HttpRequestMessage Copy(HttpRequestMessage request, byte[] body)
    {
        var copy = new HttpRequestMessage(request.Method, request.RequestUri) { Content = new ByteArrayContent(body) };
        copy.Content.Headers.ContentType = request.Content!.Headers.ContentType;
        foreach (var (name, values) in request.Headers) copy.Headers.TryAddWithoutValidation(name, values);
        return copy;
    }

    private static async Task OneWorksAsync(PassphraseWorld world, string text)
    {
        world.Phone.Relay.OnAnswer = null;
        world.Phone.Relay.OnRequest = null;
        using var laptop = world.NewDevice();
        using var session = TestDevice.Value(await world.GuessAsync(laptop, text));
        Assert.Equal(1, TestDevice.Value(await session.CheckItemsAsync()));
    }
}
