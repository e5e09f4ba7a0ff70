using System.Security.Cryptography;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Tests.Linking;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Realms;

namespace KeyRecovery.Api.Tests.Threats.Routes;

/// <summary>An account with one of everything that a request can name.</summary>
/// <param name="Account">Its phone and code, whose keys and vault bodies are made of.</param>
/// <param name="Young">A device that was linked a moment ago, and has written an item.</param>
/// <param name="Removed">A device that was removed.</param>
internal sealed record Family(TestAccount Account, Party Young, Party Removed)
{
    private static int _nameplates;

    public required AccountId Id { get; init; }

    public required AuthorityId Code { get; init; }

    public required Hash256 Item { get; init; }

    public required ItemId ItemId { get; init; }

    public required Hash256 Point { get; init; }

    public required TestRealmSlot Passphrase { get; init; }

    public required AttemptId Attempt { get; init; }

    /// <summary>What the realm was told then.</summary>
    public required VerifiedVault Told { get; init; }

    public required string Nameplate { get; init; }

    public required RelayClient Session { get; init; }

    public required string Job { get; init; }

    public static async Task<Family> CreateAsync(TestHost host, string officer)
    {
        var account = await TestAccount.CreateAsync(host);
        var (young, removed) = (Party.Device(), Party.Device());
        using (var first = await account.OpenAsync())
            await account.CommittedAsync(
                account.Phone, TestAccount.LinkCommit(first, account.Phone, [young, removed], []));
        using (var both = await account.OpenAsync())
            await account.CommittedAsync(
                account.Phone, TestAccount.LinkCommit(both, account.Phone, [], [removed.Id], beginEpoch: true));
        using var point = await account.OpenAsync(young);
        var put = TestAccount.ItemCommit(point, young);
        await account.CommittedAsync(young, put);

        var realm = await TestRealmClient.ConnectAsync(host.Client, await host.TokenAsync(account.Subject));
        var passphrase = new TestRealmSlot(SystemRandom.Instance);
        var signed = passphrase.Registration(realm.Realm, point.Vault, account.Phone.Id, account.Phone.Signing);
        Assert.Equal("ok", (await realm.SendAsync("register", passphrase.Id, signed, realm.Token)).Slug);
        var guess = passphrase.Guess();
        Assert.Equal("ok", (await realm.GuessAsync(guess)).Slug);

        var nameplate = $"{Interlocked.Increment(ref _nameplates):D4}";
        var session = new RelayClient(account, nameplate);
        using (var opened = await session.OpenAsync()) Assert.Equal(201, (int)opened.StatusCode);
        return new Family(account, young, removed)
        {
            Id = account.Id, Code = account.Code.Id, Item = Hash256.Of(put.Items[0].Span),
            ItemId = put.Manifest.Manifest.Items[0].Id, Point = point.Vault.Manifest.Hash,
            Passphrase = passphrase, Told = point.Vault, Attempt = guess.Attempt,
            Nameplate = nameplate, Session = session,
            Job = await JobAsync(host, officer),
        };
    }

    /// <summary>What is named here is nowhere; bodies are made of an account that is.</summary>
    public Family Nowhere() => this with
    {
        Id = new AccountId(Bytes(16)), Code = new AuthorityId(Bytes(16)), Item = Hash256.Of(Bytes(1)),
        ItemId = new ItemId(Bytes(16)), Point = Hash256.Of(Bytes(2)), Nameplate = "ZZZZ",
        Passphrase = new TestRealmSlot(SystemRandom.Instance), Session = new RelayClient(Account),
        Job = Base64UrlText.Encode(Bytes(16)),
    };

    // Of a user who has no account, so that it changes none.
    private static async Task<string> JobAsync(TestHost host, string officer)
    {
        using var filed = await Officer.FileAsync(host, officer, Guid.NewGuid().ToString("N"));
        var job = await Officer.JobAsync(filed);
        await Scene.DoneAsync(host, officer, job);
        return job;
    }

    private static byte[] Bytes(int length) => RandomNumberGenerator.GetBytes(length);
}
