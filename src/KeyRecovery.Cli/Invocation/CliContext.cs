using System.CommandLine;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Files;
using KeyRecovery.Cli.Input;
using KeyRecovery.Cli.Output;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Invocation;

/// <summary>What a command works with: server, app and home, where to tell and whom to ask.</summary>
internal sealed class CliContext : IDisposable
{
    private readonly Lazy<KeyRecoveryClient> _client;
    private readonly Lazy<HomeSettings?> _kept;
    private readonly HomeKeys _keys;
    private readonly Uri? _givenServer;
    private readonly string? _givenApp;

    public CliContext(ParseResult parsed, IOutput output)
    {
        Output = output;
        Ask = new Ask(output.IsJson);
        _givenServer = GlobalOptions.Given(parsed, GlobalOptions.Server) is { } server ? new Uri(server) : null;
        _givenApp = GlobalOptions.Given(parsed, GlobalOptions.App);
        Home = Path.GetFullPath(parsed.GetValue(GlobalOptions.Home)!);
        _keys = new HomeKeys(parsed, Home, Ask);
        Store = new FileDeviceStore(Home, keys: _keys.Store);
        _kept = new Lazy<HomeSettings?>(() => HomeSettings.Read(Home));
        TokenFile = parsed.GetValue(GlobalOptions.Token);
        var realms = parsed.GetValue(GlobalOptions.Realms);
        var policy = parsed.GetValue(GlobalOptions.LogPolicy);
        _client = new Lazy<KeyRecoveryClient>(() =>
            new KeyRecoveryClient(
                new KeyRecoveryOptions { Server = Server, App = App, RealmGenerations = realms is null
                    ? [] : RealmFile.Read(realms), WeakestDevice = WeakestDevice, LogPolicy = policy is null
                    ? null : LogPolicyFile.Read(policy, "--log-policy") },
                Store));
    }

    public IOutput Output { get; }

    public Ask Ask { get; }

    /// <summary>The one that was given, else the home's own, else the default.</summary>
    public Uri Server => _givenServer ?? _kept.Value?.Server ?? new Uri(GlobalOptions.DefaultServer);

    /// <summary>Likewise.</summary>
    public string App => _givenApp ?? _kept.Value?.App ?? GlobalOptions.DefaultApp;

    public string Home { get; }

    /// <summary>What this device keeps there.</summary>
    public FileDeviceStore Store { get; }

    /// <summary>The key of what it keeps there.</summary>
    public HomeKeyStore Keys => _keys.Store;

    public string? TokenFile { get; }

    /// <summary>The token that was read last; null where none was.</summary>
    public string? Token { get; private set; }

    /// <summary>What one guess of a passphrase may cost; set before the client is used.</summary>
    public StretchProfile WeakestDevice { get; set; } = StretchProfile.Mobile;

    /// <summary>From when this device may remove what was there before it; known once its account is open.</summary>
    public DateTimeOffset? TrustedFrom { get; private set; }

    /// <summary>A secret that counts by now and that nobody was shown: it must not die with this process.</summary>
    public string? Unseen { get; set; }

    /// <summary>Whether the command, where it is refused to a young device, goes with <c>--with-code</c>.</summary>
    public bool TakesCode { get; set; }

    /// <summary>Whether the person was told that the account is spoiled, and what to do.</summary>
    public bool HasToldSpoiled { get; private set; }

    public KeyRecoveryClient Client => _client.Value;

    /// <summary>The value, or the end of the command with what the failure means here.</summary>
    public T Expect<T>(Result<T> result) => result switch
    {
        Result<T>.Ok ok => ok.Value,
        Result<T>.Failed failed => throw new CommandException(FailureText.Of(failed.Failure, this)),
        _ => throw new InvalidOperationException("a result is one of two"),
    };

    /// <summary>Ends the command where something did not work.</summary>
    public void Expect(ClientFailure? failure)
    {
        if (failure is not null) throw new CommandException(FailureText.Of(failure, this));
    }

    /// <summary>Ends the command where the home takes nothing: before a secret is shown that counts only with it.
    /// </summary>
    public void ProveHome()
    {
        try
        {
            HomeProof.Write(Home);
        }
        catch (Exception full) when (full is IOException or UnauthorizedAccessException)
        {
            Expect(new ClientFailure.StoreFailed(full.Message));
        }
    }

    /// <summary>Opens this device's account, mends bad seals on the way and says what the person should know.</summary>
    /// <param name="ct">Cancels.</param>
    /// <param name="warnsOfErasure">False where the command itself tells of an erasure that waits.</param>
    /// <param name="tellsRestore">False where the command itself tells what a restore of the server did.</param>
    /// <param name="tellsClone">False where the command itself is about a copy of this device.</param>
    /// <param name="tellsLog">False where the command itself is about what does not hold with the log.</param>
    public async Task<OpenedVault> OpenAsync(
        CancellationToken ct, bool warnsOfErasure = true, bool tellsRestore = true, bool tellsClone = true,
        bool tellsLog = true)
    {
        WarnOfOtherServer();
        var vault = Expect(await Client.OpenAsync(ct));
        TrustedFrom = vault.Authorities.First(a => a.IsThisDevice).TrustedFrom;
        try
        {
            if (warnsOfErasure) WarnOfErasure(vault);
            WarnOfSpoiling(vault);
            if (tellsClone && vault.CloneSuspected is { } clone) Output.Note(CloneText.Note(vault, clone));
            if (tellsLog && vault.Log.Finding is { } finding) Output.Note(LogText.Note(finding));
            if (vault.PassphraseOutdated)
                Output.Note(
                    "the passphrase has servers that new ones no longer use: set it anew, the same one if you like "
                    + "(keyrecovery passphrase set)");
            if (vault.Unkept is { } unkept)
                Output.Note(
                    $"what is new cannot be kept in {Home} ({unkept.Message}): all of it is read, and nothing lost");
            if (tellsRestore && RestoreText.Note(vault) is { } restored) Output.Note(restored);
            // What does not open is not mended, but left.
            var mayMend = vault.Spoiled is null && vault.Behind is null;
            var bad = vault.Authorities.Where(a => a.SealIsBad && mayMend).ToList();
            if (bad.Count > 0 && !await MendAsync(vault, bad, ct)) bad.Clear();
            if (vault.LostItems is { Length: > 0 } lost)
                Output.Note(
                    $"the server lost the content of {Words.List(lost)}: store it again with "
                    + "backup put");
            return new OpenedVault(vault, [.. bad.Select(a => a.Id)]);
        }
        catch
        {
            vault.Dispose();
            throw;
        }
    }

    // A device of less than three days begins no epoch; all else of the account is open to it.
    private async Task<bool> MendAsync(
        VaultSession vault, IReadOnlyList<AuthorityInfo> bad, CancellationToken ct)
    {
        var names = Words.List(bad.Select(Words.Name));
        switch (await vault.MendAsync(ct))
        {
            case Result<VaultSession>.Failed { Failure: ClientFailure.Refused refused }
                when refused.Type == ProblemTypes.YoungAuthority:
                Output.Note(
                    $"{names} cannot open the account now, because a seal is bad. This device is new to the account "
                    + "and "
                    + "may not mend it: open the account on an older one.");
                return false;
            case Result<VaultSession>.Failed failed:
                Expect(failed.Failure);
                return false;
            default:
                Output.Note($"{names} could not have opened the account, because a seal was bad. It is mended.");
                return true;
        }
    }

    /// <summary>Asks for what the home is locked with, before anything else is asked or read.</summary>
    public Task UnlockHomeAsync(CancellationToken ct) => _keys.PrepareAsync(ct);

    /// <summary>
    /// Keeps in the home where its account is, once it belongs to one: nobody has to say it again. Says where the
    /// home's key came to lie.
    /// </summary>
    public async Task KeepServerAsync(CancellationToken ct)
    {
        try
        {
            var place = await Keys.FindPlaceAsync(ct);
            Output.Show(people => people.WriteLine(KeyPlaceText.Of(place, Home)));
            await new HomeSettings(Server, App).WriteAsync(Home, ct);
        }
        catch (Exception full) when (full is IOException or UnauthorizedAccessException)
        {
            Output.Note(
                $"where the account is could not be kept in the home ({full.Message}): give --server {Server} --app "
                + $"{App} with each command");
        }
    }

    private void WarnOfOtherServer()
    {
        if (_kept.Value is not { } kept || (kept.Server == Server && kept.App == App)) return;
        Output.Note(
            $"this home's account is of {kept.Server}, app {kept.App}. {Server}, app {App}, is asked this time alone; "
            + $"to change it for good, change {HomeSettings.PathIn(Home)}");
    }

    /// <summary>Says where an erasure of the account waits, that its owner may not have asked for.</summary>
    public void WarnOfErasure(VaultSession vault)
    {
        if (vault.HeldErasure is { } dueIn) Output.Note(Words.HeldErasure(dueIn));
    }

    private void WarnOfSpoiling(VaultSession vault)
    {
        if (vault.Spoiled is not { } spoiled) return;
        HasToldSpoiled = true;
        Output.Note(SpoiledText.Note(vault, spoiled));
    }

    /// <summary>The app's token, or null where none was given.</summary>
    public async Task<string?> ReadTokenAsync(CancellationToken ct)
    {
        if (TokenFile is null) return null;
        var trimmed = Token = await TokenInput.ReadAsync(TokenFile, ct);
        if (Server.Scheme == Uri.UriSchemeHttp && !Server.IsLoopback)
            Output.Note($"the token travels unencrypted to {Server}");
        return trimmed;
    }

    /// <summary>The app's token, which a passphrase cannot do without: only the account's own user may guess.</summary>
    public async Task<string> NeedTokenAsync(CancellationToken ct) =>
        await ReadTokenAsync(ct) ?? throw new CommandException(
            new CliFailure("unauthenticated", "a passphrase needs the app's token of its user beside it")
            {
                Advice = ["--token FILE. For development: keyrecovery token --subject NAME > FILE"],
            });

    public void Dispose()
    {
        if (_client.IsValueCreated) _client.Value.Dispose();
        _keys.Dispose();
    }
}
