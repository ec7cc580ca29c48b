// Asks veraPDF's own validation model whether files are PDF/A-3a and PDF/UA-1; a line a file and standard, then a line a
// failed rule.
import java.io.FileInputStream;
import java.io.InputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.VeraPDFFoundry;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;

public class Conformance {
  public static void main(String[] files) throws Exception {
    java.util.logging.LogManager.getLogManager().reset();
    VeraGreenfieldFoundryProvider.initialise();
    VeraPDFFoundry foundry = Foundries.defaultInstance();
    for (String[] one : new String[][] {{"3a", "PDFA-3A"}, {"ua1", "PDFUA-1"}}) {
      String rules = "/org/verapdf/pdfa/validation/" + one[1] + ".xml";
      ValidationProfile profile = Profiles.profileFromXml(Conformance.class.getResourceAsStream(rules));
      for (String file : files) {
        try (InputStream in = new FileInputStream(file);
            PDFAParser parser = foundry.createParser(in, PDFAFlavour.fromString(one[0]))) {
          ValidationResult result = foundry.createValidator(profile, false).validate(parser);
          String name = new java.io.File(file).getName();
          System.out.println(name + " " + one[1] + " " + result.isCompliant() + " " + result.getTotalAssertions());
          for (TestAssertion said : result.getTestAssertions())
            if (said.getStatus() == TestAssertion.Status.FAILED)
              System.out.println("  " + said.getRuleId().getClause() + ": " + said.getMessage());
        }
      }
    }
  }
}
