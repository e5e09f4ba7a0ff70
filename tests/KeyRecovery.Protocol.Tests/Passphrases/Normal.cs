using System.Text;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Tests.Passphrases;

public sealed class Normal
{
    private const string ComposedLine = "\uFB01\uFF11\u00E9";
    private const string DecomposedLine = "\uFB01\uFF11e\u0301";

    [Theory]
    [InlineData("correct horse", "correct horse")]
    [InlineData("  correct horse\u00A0", "correct horse")]
    [InlineData("correct\u3000horse", "correct horse")]
    [InlineData(ComposedLine, "fi1\u00E9")]
    [InlineData(DecomposedLine, "fi1\u00E9")]
    [InlineData("\u0661\u0662\u0663", "123")]
    [InlineData("\u096A\u0E55\uFF16", "456")]
    [InlineData("\U0001D7D8", "0")]
    [InlineData("Stra\u00DFe", "Stra\u00DFe")]
    [InlineData("\uAC00", "\u1100\u1161")]
    [InlineData("it\u2019s", "it's")]
    [InlineData("\u2018a\u2019 \u201Ab\u2018 \u203Ac\u2039 6\u2032", "'a' 'b' 'c' 6'")]
    [InlineData("\u201Ca\u201D \u201Eb\u201C \u00ABc\u00BB", "\"a\" \"b\" \"c\"")]
    [InlineData("a\u2014b\u2013c\u2011d\u22121", "a--b-c-d-1")]
    [InlineData("a--b", "a-b")]
    [InlineData("wait\u2026", "wait...")]
    [InlineData("e\u200D\u0301", "\u00E9")]
    [InlineData("\uFEFFa\u200Bb\u00ADc\u2060 \u202Dd\u202C\u2067e\u2069", "abc de")]
    [InlineData("\u2764\uFE0F \u2764\uFE0E", "\u2764 \u2764")]
    [InlineData("\u200B  a", "a")]
    public void TwoKeyboardsTypeTheSame(string typed, string same)
    {
        using var one = Read(typed);
        using var other = Read(same);

        Assert.Equal(Encoding.UTF8.GetString(other.Utf8), Encoding.UTF8.GetString(one.Utf8));
    }

    [Theory]
    [InlineData("A", "a")]
    [InlineData("a b", "ab")]
    [InlineData("a  b", "a b")]
    [InlineData("\u00E9", "e")]
    public void DifferentPassphrasesStayDifferent(string one, string other)
    {
        using var first = Read(one);
        using var second = Read(other);

        Assert.NotEqual(Encoding.UTF8.GetString(second.Utf8), Encoding.UTF8.GetString(first.Utf8));
    }

    [Theory]
    [InlineData("", PassphraseFault.Empty)]
    [InlineData(" \u3000 ", PassphraseFault.Empty)]
    [InlineData("a\tb", PassphraseFault.ControlCharacter)]
    [InlineData("a\nb", PassphraseFault.ControlCharacter)]
    [InlineData("a\u0000", PassphraseFault.ControlCharacter)]
    [InlineData("a\u0378", PassphraseFault.UnassignedCharacter)]
    [InlineData("a\uFFFF", PassphraseFault.UnassignedCharacter)]
    [InlineData("a\u2FFC", PassphraseFault.UnassignedCharacter)]
    [InlineData("a\U0001CC00", PassphraseFault.UnassignedCharacter)]
    [InlineData("\u200B\uFE0F", PassphraseFault.Empty)]
    public void WhatAnotherDeviceCouldReadOtherwiseIsRefused(string typed, PassphraseFault expected)
    {
        Assert.False(Passphrase.Parse(typed).TryGet(out var passphrase, out var refused));

        Assert.Null(passphrase);
        Assert.Equal(expected, refused.Fault);
    }

    [Fact]
    public void HalfACharacterIsRefused()
    {
        Assert.False(Passphrase.Parse("a" + '\uD83D').TryGet(out var passphrase, out var refused));

        Assert.Null(passphrase);
        Assert.Equal(PassphraseFault.NotText, refused.Fault);
    }

    [Fact]
    public void TheLengthIsThatOfTheNormalForm()
    {
        using var longest = Read(new string('x', Passphrase.MaxBytes) + "   ");
        Assert.Equal(PassphraseFault.TooLong, FaultOf(new string('x', Passphrase.MaxBytes + 1)));
        // One ligature of three letters: short as typed, too long in its normal form.
        Assert.Equal(PassphraseFault.TooLong, FaultOf(new string('\uFB03', Passphrase.MaxBytes / 3 + 1)));
    }

    [Fact]
    public void ThisRuntimeNormalises() => Assert.True(NormalForms.AreAvailable);

    private static PassphraseFault FaultOf(string text) =>
        Assert.IsType<PassphraseParse.Refused>(Passphrase.Parse(text)).Fault;

    private static Passphrase Read(string text)
    {
        Assert.True(Passphrase.Parse(text).TryGet(out var passphrase, out var refused), $"{refused?.Fault}");
        return passphrase;
    }
}
