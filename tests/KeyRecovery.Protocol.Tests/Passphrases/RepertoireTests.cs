using System.Globalization;
using System.Text;
using KeyRecovery.Protocol.Passphrases;

namespace KeyRecovery.Protocol.Tests.Passphrases;

/// <summary>The table of Unicode 15.0 beside what this runtime knows, which is a later version.</summary>
public sealed class RepertoireTests
{
    private const int CodePoints = 0x110000;

    // Unicode 15.0: 149,186 graphic and format characters, 65 controls, 137,468 of private use, 2,048 surrogates.
    private const int Assigned = 149_186 + 65 + 137_468 + 2_048;

    [Fact]
    public void The_table_has_as_many_characters_as_Unicode_15_0() =>
        Assert.Equal(Assigned, Enumerable.Range(0, CodePoints).Count(Repertoire.Contains));

    [Fact]
    public void The_runtime_knows_each_of_them_and_only_younger_characters_beside()
    {
        var known = Enumerable.Range(0, CodePoints)
            .Where(code => CharUnicodeInfo.GetUnicodeCategory(code) != UnicodeCategory.OtherNotAssigned).ToHashSet();
        Assert.All(Enumerable.Range(0, CodePoints).Where(Repertoire.Contains), code => Assert.Contains(code, known));
        // 627 characters came with Unicode 15.1, and 5,185 with 16.0: as .NET 10 has it.
        Assert.Equal(627 + 5_185, known.Count - Assigned);
    }

    [Fact]
    public void No_character_of_it_normalises_to_one_outside_or_to_a_control()
    {
        foreach (var code in Enumerable.Range(0, CodePoints).Where(code => Rune.IsValid(code) && Allowed(code)))
        {
            var normal = new Rune(code).ToString().Normalize(NormalizationForm.FormKC);
            Assert.All(normal.EnumerateRunes(), rune => Assert.True(Allowed(rune.Value), $"U+{code:X}"));
        }

        static bool Allowed(int code) => Repertoire.Contains(code) && !Rune.IsControl(new Rune(code));
    }
}
