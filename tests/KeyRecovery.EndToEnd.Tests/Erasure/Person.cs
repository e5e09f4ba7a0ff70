using System.Security.Cryptography;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Realms;

namespace KeyRecovery.EndToEnd.Tests.Erasure;

/// <summary>
/// One person with a phone, a code, a share at the realm and one item; name and content are random, to be looked for.
/// </summary>
internal sealed class Person : IDisposable
{
    private const string Item = "canary";

    private readonly TestDevice _phone;

    private Person(Uri server) => _phone = new TestDevice(server);

    public string Subject { get; } = Canary.NewText();

    public RecoveryCode Code { get; } = RecoveryCode.Generate(SystemRandom.Instance);

    public byte[] Content { get; } = RandomNumberGenerator.GetBytes(64);

    /// <summary>The ids that the account goes by.</summary>
    public IReadOnlyList<Canary> Ids { get; private set; } = [];

    /// <summary>So many people, made by several at a time.</summary>
    public static async Task<IReadOnlyList<Person>> LiveAsync(ServerProcess server, int count, bool withShare = true)
    {
        var people = new Person[count];
        using var http = new HttpClient { BaseAddress = server.Address };
        var realm = await TestRealmClient.ConnectAsync(http, null);
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            people[i] = new Person(server.Address);
            await people[i].LiveAsync(await server.TokenAsync(people[i].Subject), withShare ? realm : null);
        });
        return people;
    }

    /// <summary>The phone at a server that listens elsewhere since.</summary>
    public KeyRecoveryClient At(ServerProcess server) =>
        new(new KeyRecoveryOptions { Server = server.Address, App = "demo", Attempts = 1 }, _phone.Store);

    /// <summary>What a new device recovers by the code.</summary>
    public async Task<Result<byte[]>> RecoverAsync(ServerProcess server)
    {
        using var device = new TestDevice(server.Address);
        var begun = await device.Client.BeginRecoveryAsync(Code);
        if (begun is not Result<RecoverySession>.Ok) return TestDevice.Failure(begun);
        using var session = TestDevice.Value(begun);
        using var vault = TestDevice.Value(await session.CompleteAsync("new", [])).Vault;
        return await vault.GetAsync(Item);
    }

    public void Dispose()
    {
        _phone.Dispose();
        Code.Dispose();
    }

    private async Task LiveAsync(string token, TestRealmClient? realm)
    {
        using var vault = await _phone.CreateAsync(token, Code, "phone", new ItemEdit.Put(Item, Content));
        using var slot = new TestRealmSlot(SystemRandom.Instance);
        if (realm is not null) Assert.Equal("ok", (await realm.As(token).RegisterAsync(slot)).Slug);
        Ids =
        [
            new Canary("account id", vault.Account.ToArray()), new Canary("realm slot", slot.Id.ToArray()),
            .. vault.Authorities.Select(a => new Canary($"{a.Kind} id", a.Id.ToArray())),
        ];
    }
}
