using KeyRecovery.Cli.Failures;

namespace KeyRecovery.Cli.Input;

/// <summary>Reads a passphrase from a person, or one line of standard input.</summary>
internal sealed class PassphraseInput(Ask ask)
{
    private const int Tries = 5;

    /// <summary>A passphrase that is there already.</summary>
    public async Task<Passphrase> ReadAsync(CancellationToken ct)
    {
        if (!ask.IsTerminal)
        {
            using var line = Ask.ReadSecretLine();
            return Of(line is null ? [] : line.Span);
        }
        for (var tries = 0; ; tries++)
        {
            using var typed = await ask.HiddenAsync("Passphrase:", ct);
            if (Passphrase.Parse(typed.Span).TryGet(out var passphrase, out var refused)) return passphrase;
            if (tries >= Tries) throw new CommandException(Problem(refused.Fault));
            ask.Say($"{Problem(refused.Fault).Message}. Once more:");
        }
    }

    /// <summary>A new passphrase, typed twice by a person: a typing mistake in it would be found too late.</summary>
    public async Task<Passphrase> ReadNewAsync(CancellationToken ct)
    {
        if (!ask.IsTerminal) return await ReadAsync(ct);
        for (var tries = 0; ; tries++)
        {
            var first = await ReadAsync(ct);
            using var typed = await ask.HiddenAsync("     again:", ct);
            var isRead = Passphrase.Parse(typed.Span).TryGet(out var again, out _);
            using (again)
                if (isRead && first.Utf8.SequenceEqual(again!.Utf8)) return first;
            first.Dispose();
            if (tries >= Tries) throw new CommandException(new CliFailure("passphrase", "the two are not the same"));
            ask.Say("The two are not the same. Once more:");
        }
    }

    /// <summary>Reads a text that is to be a passphrase.</summary>
    public static Passphrase Of(ReadOnlySpan<char> text)
    {
        return Passphrase.Parse(text).TryGet(out var passphrase, out var refused)
            ? passphrase : throw new CommandException(Problem(refused.Fault));
    }

    private static CliFailure Problem(PassphraseFault fault) => new("passphrase", fault switch
    {
        PassphraseFault.Empty => "a passphrase is asked for, and none was given",
        PassphraseFault.TooLong => $"a passphrase has at most {Passphrase.MaxBytes} bytes",
        PassphraseFault.ControlCharacter => "a passphrase has no tabs or other control characters",
        PassphraseFault.UnassignedCharacter =>
            "it has a character that Unicode does not know yet: another device might read it otherwise",
        _ => "it is not valid text",
    });
}
