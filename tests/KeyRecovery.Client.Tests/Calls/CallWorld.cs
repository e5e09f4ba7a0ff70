using System.Collections.Immutable;
using System.Reflection;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Calls;

/// <summary>An account with a device, and what every public call is made on and with.</summary>
internal sealed class CallWorld : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<IDisposable> _things = [];
    private readonly Uri _server;
    private readonly ServerFixture _fixture;
    private KeyRecoveryClient _phone = null!;
    private VaultSession _vault = null!;
    private int _homes;

    private CallWorld(ServerFixture fixture)
    {
        (_fixture, _server) = (fixture, fixture.Server.Address);
        Passphrase = ((PassphraseParse.Ok)Passphrase.Parse("correct horse battery staple")).Passphrase;
    }

    public RelayHandler Relay { get; } = new();

    public RecoveryCode Code { get; private set; } = null!;

    public Passphrase Passphrase { get; }

    public string Token { get; private set; } = "";

    /// <summary>What every store of this world throws.</summary>
    public Func<string, Exception?>? StoreTrouble { get; set; }

    public static async Task<CallWorld> MakeAsync(ServerFixture fixture, PublicCall call)
    {
        var world = new CallWorld(fixture);
        await world.BeginAsync();
        if (call.Method.DeclaringType == typeof(PassphraseManager))
            TestDevice.Value(await world._vault.Passphrase.SetAsync(
                world.Passphrase, new SetPassphraseOptions { Token = world.Token }));
        return world;
    }

    /// <summary>A new thing to call it on, made while nothing is in the way.</summary>
    public async Task<object> OnAsync(PublicCall call)
    {
        // A device has few link sessions, and a code is replaced once.
        if (call.Method.Name is nameof(KeyRecoveryClient.LinkAsync) or nameof(RecoverySession.ReplaceCodeAsync)
            || call.Method.DeclaringType == typeof(ExistingDeviceLink)) await BeginAsync();
        return await NewAsync(call);
    }

    private async Task BeginAsync()
    {
        Token = await _fixture.Server.TokenAsync(Canary.NewText());
        Code = NewCode();
        _phone = Kept(Client(NewStore()));
        _vault = Kept(TestDevice.Value(await _phone.CreateAsync(Token, new CreateOptions
        {
            DeviceName = "phone", Code = Code, Items = [new ItemEdit.Put("a", "first"u8.ToArray())],
        })));
    }

    private async Task<object> NewAsync(PublicCall call) => call.Method.DeclaringType!.Name switch
    {
        nameof(KeyRecoveryClient) when call.Method.Name is nameof(KeyRecoveryClient.OpenAsync)
            or nameof(KeyRecoveryClient.OpenOfflineAsync) or nameof(KeyRecoveryClient.HasAccountAsync) => _phone,
        nameof(KeyRecoveryClient) => Kept(Client(NewStore())),
        nameof(VaultSession) => _vault,
        nameof(PassphraseManager) => _vault.Passphrase,
        nameof(AccountLog) => _vault.Log,
        nameof(IdentityManager) => _vault.Identity,
        nameof(RecoverySession) => Kept(TestDevice.Value(await Client(NewStore()).BeginRecoveryAsync(Code))),
        nameof(RecoveryLog) => Kept(TestDevice.Value(await Client(NewStore()).BeginRecoveryAsync(Code))).Log,
        nameof(ExistingDeviceLink) => TestDevice.Value(await _vault.BeginLinkAsync()),
        var other => throw new InvalidOperationException($"say here on what {other}'s calls are made"),
    };

    /// <summary>A value that an app would give.</summary>
    public async Task<object?> ValueAsync(ParameterInfo parameter, CancellationToken ct)
    {
        var type = parameter.ParameterType;
        if (type == typeof(string)) return parameter.Name == "token" ? Token : "a";
        if (type == typeof(CancellationToken)) return ct;
        if (type == typeof(RecoveryCode)) return parameter.Name == "next" ? NewCode() : Code;
        if (type == typeof(Passphrase)) return Passphrase;
        if (type == typeof(CreateOptions)) return new CreateOptions { DeviceName = "laptop", Code = Code };
        if (type == typeof(LinkCode)) return LinkCode.Parse(TestDevice.Value(
            await _vault.BeginLinkAsync(ct: CancellationToken.None)).QrText) is LinkCodeParse.Ok ok ? ok.Code : null;
        if (type == typeof(LinkJoin))
            return new LinkJoin { DeviceName = "laptop", Platform = "Linux", ShowDigits = (_, _) => { } };
        if (type == typeof(LinkApproval)) return new LinkApproval
        {
            AskDigits = (_, _) => Task.FromResult("000000"), Consent = (_, _) => Task.FromResult(true),
        };
        if (type == typeof(TypedLinkCode)) return TypedLinkCode.Generate(SystemRandom.Instance);
        if (type == typeof(ImmutableArray<ItemEdit>))
            return ImmutableArray.Create<ItemEdit>(new ItemEdit.Put("b", "second"u8.ToArray()));
        if (type == typeof(ImmutableArray<AuthorityId>)) return ImmutableArray<AuthorityId>.Empty;
        if (type == typeof(AuthorityId)) return _vault.Device;
        if (type == typeof(Hash256)) return Hash256.Of("some version"u8);
        if (type == typeof(RevocationRequest)) return new RevocationRequest([NewId()]);
        if (type == typeof(UndoRequest))
            return new UndoRequest(TestDevice.Value(await _vault.ListRestorePointsAsync(CancellationToken.None))
                .FirstOrDefault()!);
        if (type == typeof(SetPassphraseOptions)) return new SetPassphraseOptions { Token = Token };
        if (type == typeof(ReadOnlyMemory<byte>)) return new ReadOnlyMemory<byte>([1, 2, 3]);
        if (type == typeof(IEnumerable<string>)) return new[] { "a" };
        if (type == typeof(IEnumerable<ItemEdit.Put>)) return new[] { new ItemEdit.Put("b", "second"u8.ToArray()) };
        if (type == typeof(Stream)) return new MemoryStream();
        if (type == typeof(ulong?)) return null;
        if (type == typeof(int)) return 5;
        if (type == typeof(bool)) return false;
        if (type.Name.StartsWith("IProgress", StringComparison.Ordinal)) return null;
        throw new InvalidOperationException($"say here what an app gives for {type} {parameter.Name}");
    }

    /// <summary>Values that an app gives by mistake, and each of which is one.</summary>
    public IEnumerable<object> Mistakes(ParameterInfo parameter)
    {
        const string Half = "half \ud83d";
        var type = parameter.ParameterType;
        if (type == typeof(string))
            return [Half, "", " ", "line\n", "two\nlines", "nul\0", "\ufffd", new string('x', 100_000), Token + "\n"];
        if (type == typeof(CreateOptions))
            return [
                new CreateOptions { DeviceName = Half, Code = null },
                new CreateOptions { DeviceName = null!, Code = null },
                new CreateOptions { DeviceName = "x", Code = null, Items = default },
                new CreateOptions { DeviceName = "x", Code = null, Items = [null!] },
                new CreateOptions { DeviceName = "x", Code = null, Items = [new ItemEdit.Put(Half, default)] },
                new CreateOptions { DeviceName = "x", Code = null, Items = [new ItemEdit.Put(null!, default)] },
            ];
        if (type == typeof(ImmutableArray<ItemEdit>))
            return [
                default(ImmutableArray<ItemEdit>), ImmutableArray<ItemEdit>.Empty,
                ImmutableArray.Create<ItemEdit>([null!]),
                ImmutableArray.Create<ItemEdit>(new ItemEdit.Remove(Half)),
                ImmutableArray.Create<ItemEdit>(new ItemEdit.Put(null!, default)),
                ImmutableArray.Create<ItemEdit>(new ItemEdit.Put("twice", default), new ItemEdit.Remove("twice")),
            ];
        if (type == typeof(ImmutableArray<AuthorityId>))
            return [default(ImmutableArray<AuthorityId>), ImmutableArray.Create(default(AuthorityId))];
        if (type == typeof(RevocationRequest))
            return [
                new RevocationRequest(default), new RevocationRequest([default]),
                new RevocationRequest([NewId()]) { Keep = default, InHand = default },
                new RevocationRequest([_vault.Device]) { InHand = [null!] },
            ];
        if (type == typeof(UndoRequest))
            return [new UndoRequest(null!), new UndoRequest(null!) { Remove = [default], AlsoRemove = default }];
        if (type == typeof(SetPassphraseOptions))
            return [
                new SetPassphraseOptions { Token = null! }, new SetPassphraseOptions { Token = Half },
                new SetPassphraseOptions { Token = Token, Threshold = -1 },
                new SetPassphraseOptions { Token = Token, Profile = new StretchProfile(0, 0, 0) },
                new SetPassphraseOptions { Token = Token, Progress = new ThrowingProgress<PassphraseStep>() },
            ];
        if (type == typeof(LinkJoin))
            return [
                new LinkJoin { DeviceName = Half, Platform = "x", ShowDigits = null! },
                new LinkJoin { DeviceName = "x", Platform = Half, ShowDigits = null! },
                new LinkJoin { DeviceName = null!, Platform = null!, ShowDigits = null! },
            ];
        if (type == typeof(LinkApproval))
            return [new LinkApproval { AskDigits = null!, Consent = null!, OnClaimed = null! }];
        if (type == typeof(ReadOnlyMemory<byte>))
            return [default(ReadOnlyMemory<byte>), new ReadOnlyMemory<byte>(new byte[1 << 22])];
        if (type == typeof(IEnumerable<string>))
            return [new[] { Half }, new string[] { null! }, Array.Empty<string>(), Enumerable.Range(0, 1).Select(
                string (_) => throw new InvalidOperationException("a list that throws"))];
        if (type == typeof(IEnumerable<ItemEdit.Put>))
            return [
                new ItemEdit.Put[] { null! }, Array.Empty<ItemEdit.Put>(),
                new[] { new ItemEdit.Put(Half, default) },
            ];
        if (type == typeof(IProgress<(int Done, int Of)>)) return [new ThrowingProgress<(int Done, int Of)>()];
        if (type == typeof(Stream)) return [new MemoryStream([], writable: false), new MemoryStream(new byte[9])];
        if (type == typeof(ulong?)) return [ulong.MinValue, ulong.MaxValue];
        if (type == typeof(bool)) return [true];
        return type.IsValueType && type != typeof(CancellationToken) ? [Activator.CreateInstance(type)!] : [];
    }

    /// <summary>Whether the device opens its account, with nothing in the way.</summary>
    public async Task<ClientFailure?> FindFaultAsync()
    {
        (StoreTrouble, Relay.OnRequest, Relay.OnResponse) = (null, null, null);
        var opened = await _phone.OpenAsync();
        if (opened.TryGet(out var vault, out var failure)) vault.Dispose();
        return failure;
    }

    public ValueTask DisposeAsync()
    {
        foreach (var thing in Enumerable.Reverse(_things)) thing.Dispose();
        Relay.Dispose();
        Passphrase.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private RecoveryCode NewCode() => Kept(RecoveryCode.Generate(SystemRandom.Instance));

    private static AuthorityId NewId()
    {
        Assert.True(AuthorityId.TryParse(new string('A', 21) + "Q", out var id));
        return id;
    }

    private T Kept<T>(T thing)
        where T : IDisposable
    {
        _things.Add(thing);
        return thing;
    }

    private TroubledStore NewStore() => Troubled(new TroubledStore(_folder[$"{++_homes}"]));

    private TroubledStore Troubled(TroubledStore store)
    {
        store.Trouble = call => StoreTrouble?.Invoke(call);
        return store;
    }

    private KeyRecoveryClient Client(TroubledStore store)
    {
        Troubled(store);
        return new KeyRecoveryClient(new KeyRecoveryOptions
        {
            Server = _server, App = "demo", Handler = Relay, Attempts = 2, RetryDelay = TimeSpan.FromMilliseconds(1),
        }, store);
    }

    private sealed class ThrowingProgress<T> : IProgress<T>
    {
        public void Report(T value) => throw new InvalidOperationException("a callback that throws");
    }
}
