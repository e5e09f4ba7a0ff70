using System.Diagnostics;
using System.Globalization;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Needs;
using Argon2idOfKonscious = Konscious.Security.Cryptography.Argon2id;

namespace KeyRecovery.Protocol.Tests.Passphrases;

public sealed class Stretching
{
    private static readonly AccountId Account = new(new byte[16]);
    private static readonly AuthorityId Slot = new(new byte[16]);

    [Fact]
    public void KonsciousMatchesTheStandard()
    {
        // RFC 9106 §5.3: the only vector of the RFC for Argon2id.
        using var argon2 = new Argon2idOfKonscious([.. Enumerable.Repeat((byte)1, 32)])
        {
            Salt = [.. Enumerable.Repeat((byte)2, 16)],
            KnownSecret = [.. Enumerable.Repeat((byte)3, 8)],
            AssociatedData = [.. Enumerable.Repeat((byte)4, 12)],
            Iterations = 3,
            MemorySize = 32,
            DegreeOfParallelism = 4,
        };

        Assert.Equal("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659",
            Convert.ToHexStringLower(argon2.GetBytes(32)));
    }

    [Theory]
    [InlineData(2, 19_456)]
    [InlineData(3, 65_536)]
    [InlineData(4, 32_768)]
    public void TheTwoLibrariesAgreeOnOneLane(int passes, int memory)
    {
        var profile = new StretchProfile(passes, memory, 1);
        var (one, other) = (new byte[32], new byte[32]);

        Argon2id.DeriveOnOneLane("correct horse"u8, "0123456789abcdef"u8, profile, one);
        Argon2id.DeriveOnLanes("correct horse"u8, "0123456789abcdef"u8, profile, other);

        Assert.Equal(one, other);
    }

    [NeedsTheory(Need.Argon2)]
    [InlineData(3, 65_536, 4)]
    [InlineData(4, 32_768, 1)]
    [InlineData(2, 19_456, 3)]
    public async Task TheReferenceProgramAgrees(int passes, int memory, int lanes)
    {
        var ours = new byte[32];
        Argon2id.Derive("correct horse"u8, "0123456789abcdef"u8, new StretchProfile(passes, memory, lanes), ours);

        Assert.Equal(await ReferenceAsync(passes, memory, lanes), Convert.ToHexStringLower(ours));
    }

    [Fact]
    public void EverySlotAndAccountHasItsOwnSalt()
    {
        var passphrase = ((PassphraseParse.Ok)Passphrase.Parse("correct horse")).Passphrase;
        using (passphrase)
        {
            var profile = new StretchProfile(2, StretchProfile.MinMemoryKiB, 1);
            using var first = passphrase.Stretch(Account, Slot, profile);
            using var again = passphrase.Stretch(Account, Slot, profile);
            using var otherSlot = passphrase.Stretch(Account, new AuthorityId([1, .. new byte[15]]), profile);
            using var otherAccount = passphrase.Stretch(new AccountId([1, .. new byte[15]]), Slot, profile);

            Assert.Equal(first.Span.ToArray(), again.Span.ToArray());
            Assert.NotEqual(first.Span.ToArray(), otherSlot.Span.ToArray());
            Assert.NotEqual(first.Span.ToArray(), otherAccount.Span.ToArray());
        }
    }

    [Theory]
    [InlineData(1, 65_536, 1)]
    [InlineData(17, 19_456, 1)]
    [InlineData(3, 19_455, 1)]
    [InlineData(2, 1_048_577, 1)]
    [InlineData(3, 65_536, 0)]
    [InlineData(3, 65_536, 17)]
    [InlineData(5, 1_048_576, 1)]
    [InlineData(int.MaxValue, int.MaxValue, int.MaxValue)]
    public void WorkThatNobodyShouldDoIsRefusedBeforeItBegins(int passes, int memory, int lanes)
    {
        var passphrase = ((PassphraseParse.Ok)Passphrase.Parse("correct horse")).Passphrase;
        using (passphrase)
            Assert.Throws<ArgumentOutOfRangeException>(
                () => passphrase.Stretch(Account, Slot, new StretchProfile(passes, memory, lanes)));
    }

    // Debian's argon2 is the reference implementation.
    private static async Task<string> ReferenceAsync(int passes, int memory, int lanes)
    {
        var start = new ProcessStartInfo("argon2") { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])["0123456789abcdef", "-id", "-v", "13", "-l", "32", "-r"])
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in (ReadOnlySpan<(string, int)>)[("-t", passes), ("-k", memory), ("-p", lanes)])
        {
            start.ArgumentList.Add(name);
            start.ArgumentList.Add(value.ToString(CultureInfo.InvariantCulture));
        }
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync("correct horse");
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return output.Trim();
    }
}
