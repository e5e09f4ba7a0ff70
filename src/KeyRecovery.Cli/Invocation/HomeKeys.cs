using System.CommandLine;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Input;

namespace KeyRecovery.Cli.Invocation;

/// <summary>
/// The key of the home: where the command line wants it for a new one, and the passphrase of a locked one, which is
/// asked for once and before all else, so that scripts know which line of standard input it is.
/// </summary>
internal sealed class HomeKeys : IDisposable
{
    private const int Tries = 3;

    private readonly string _home;
    private readonly Ask _ask;
    private readonly bool _locks;
    private readonly string? _place;
    private readonly bool _isPlaceGiven;
    private Passphrase? _passphrase;

    public HomeKeys(ParseResult parsed, string home, Ask ask)
    {
        (_home, _ask) = (home, ask);
        _locks = parsed.GetValue(GlobalOptions.Lock);
        var given = parsed.GetValue(GlobalOptions.Store);
        _isPlaceGiven = given is not null;
        _place = given ?? (Environment.GetEnvironmentVariable("KEYRECOVERY_STORE") is "file" ? "file" : null);
        Store = new HomeKeyStore(home, new HomeKeyOptions
        {
            NewHome = _locks ? DeviceKeyPlace.LockedFile : _place == "file" ? DeviceKeyPlace.File : null,
            AskPassphrase = GiveAsync,
        });
    }

    public HomeKeyStore Store { get; }

    /// <summary>Asks for the passphrase where there is one, or is to be one.</summary>
    /// <exception cref="CommandException">What is asked for does not fit to the home.</exception>
    public async Task PrepareAsync(CancellationToken ct)
    {
        if (_locks && _place == "os" && _isPlaceGiven)
            throw new CommandException(CliFailure.Usage(
                "--lock is for a key in a file: it does not go with --store os"));
        var isNew = Store.IsNew;
        // To ask the desktop's keyring is for who makes a home, or says so.
        if (isNew && !_locks && _place != "os") return;
        var place = await Store.FindPlaceAsync(ct);
        if (!isNew) RequireAsGiven(place);
        else if (_place == "os" && place == DeviceKeyPlace.File)
            throw new CommandException(new CliFailure(
                "no-key-store", "no keyring of a desktop answers here, or it is locked")
            {
                Advice = ["--store file keeps the key in the home; --lock puts a passphrase on it."],
            });
        if (place != DeviceKeyPlace.LockedFile) return;
        if (isNew) _passphrase = await ReadNewAsync(_ask, ct);
        else await OpenAsync(ct);
    }

    /// <summary>Reads a passphrase for a lock, that takes some guessing: nobody counts the guesses.</summary>
    public static async Task<Passphrase> ReadNewAsync(Ask ask, CancellationToken ct)
    {
        if (ask.IsTerminal) ask.Say("A passphrase for this home; each command will ask for it.");
        var passphrase = await new PassphraseInput(ask).ReadNewAsync(ct);
        if (PassphraseStrength.Score(passphrase) >= PassphraseStrength.ScoreForOneRealm) return passphrase;
        passphrase.Dispose();
        throw new CommandException(new CliFailure("weak-passphrase", "this passphrase is easy to guess")
        {
            Advice = ["Whoever copies the home can guess without end. Take a longer one: four words or more."],
        });
    }

    public void Dispose() => _passphrase?.Dispose();

    private void RequireAsGiven(DeviceKeyPlace place)
    {
        var isFile = place is DeviceKeyPlace.File or DeviceKeyPlace.LockedFile;
        if (_isPlaceGiven && _place == "file" != isFile)
            throw new CommandException(CliFailure.Usage(
                $"--store is for a new home: the key of {_home} is {KeyPlaceText.Short(place)}, and stays there"));
        if (_locks && place != DeviceKeyPlace.LockedFile)
            throw new CommandException(CliFailure.Usage(
                $"--lock is for a new home: the key of {_home} is {KeyPlaceText.Short(place)}",
                isFile ? "For a passphrase on it: keyrecovery lock set" : "The operating system guards it."));
    }

    // A person may mistype; a script gets its answer at once.
    private async Task OpenAsync(CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            if (_ask.IsTerminal) _ask.Say($"{_home} is locked.");
            _passphrase = await new PassphraseInput(_ask).ReadAsync(ct);
            try
            {
                using var key = await Store.ReadAsync(ct);
                return;
            }
            catch (DeviceStoreException wrong) when (
                wrong.Trouble == DeviceStoreTrouble.WrongPassphrase && _ask.IsTerminal && tries < Tries)
            {
                _passphrase.Dispose();
                _ask.Say("That is not it. Once more:");
            }
        }
    }

    private async ValueTask<Passphrase> GiveAsync(CancellationToken ct) =>
        _passphrase ??= await new PassphraseInput(_ask).ReadAsync(ct);
}
