namespace KeyRecovery.Protocol.Tests.Threats;

/// <summary>
/// Z11: one thing taken for another. Everything that is signed, tried as everything else: a table of n² cells, each
/// with the worst there could be, one key that signs it all.
/// </summary>
public class SignatureTable
{
    public static TheoryData<string, string> Cells
    {
        get
        {
            var cells = new TheoryData<string, string>();
            foreach (var signed in SignedThings.All)
                foreach (var read in SignedThings.All) cells.Add(signed.ToString(), read.ToString());
            return cells;
        }
    }

    [Fact]
    public void Every_label_has_a_row() => Assert.Equal(
        SignatureLabels.All.Select(label => label.ToString()).Concat(["request", "checkpoint", "cosignature"]).Order(),
        SignedThings.All.Select(thing => thing.ToString()).Order());

    [Fact]
    public void No_two_labels_are_the_same() => Assert.Distinct(SignatureLabels.All.Select(label => label.ToString()));

    [Theory]
    [MemberData(nameof(Cells))]
    public void A_signature_under_one_label_never_holds_for_another_thing(string signed, string read)
    {
        var (from, to) = (Find(signed), Find(read));
        // The diagonal is the control: each thing is taken for what it is.
        var isSame = signed == read;
        Assert.Equal(isSame, to.IsTaken(from.Body, from.Signature));
        Assert.Equal(isSame, to.IsTaken(to.Body, from.Signature));
    }

    private static SignedThing Find(string name) => SignedThings.All.Single(thing => thing.ToString() == name);
}
